# Prints what FILE takes on its way to the Worker. scripts/size fails above the budget; this only tells.
execute_process(COMMAND ${GZIP} -9 -c ${FILE} COMMAND wc -c OUTPUT_VARIABLE size OUTPUT_STRIP_TRAILING_WHITESPACE)
string(STRIP "${size}" size)
file(READ ${BUDGETS} budgets)
string(JSON allowed GET "${budgets}" parts ${PART} budget gzip)
message("${PART}: ${size} bytes gzipped, ${allowed} allowed")
