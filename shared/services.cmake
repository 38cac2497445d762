# The registry: every service of the product, in the order of the page. Each is a folder of
# shared/connectors (README.md there); its tests are a folder of tests/shared/connectors.
set(WF_SERVICES
    supabase
    sendgrid
    stripe
    google_ads
    search_console
    pagespeed
    meta
    cloudflare
    openai)

# Sets OUT to TEMPLATE, written once for each service in the place of <service>.
function(wf_for_each_service template separator out)
  set(written "")
  foreach(service IN LISTS WF_SERVICES)
    string(REPLACE "<service>" ${service} one "${template}")
    list(APPEND written "${one}")
  endforeach()
  list(JOIN written "${separator}" joined)
  set(${out} "${joined}" PARENT_SCOPE)
endfunction()
