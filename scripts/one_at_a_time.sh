# To be sourced from the project's folder. Two at once would write the same files: the second waits.
one_at_a_time() { # NAME
  mkdir -p .dev/cache
  if ! command -v flock >/dev/null; then return; fi
  exec 9>".dev/cache/$1.lock"
  flock -n 9 || {
    printf '\033[1m== waiting for another %s to end\033[0m\n' "$1" >&2
    flock 9
  }
}
