#!/usr/bin/env bash
# The package as a user gets it: installs the tarball (argument, or a fresh `npm pack`) in an empty folder and runs the
# commands of the main job. Ends with code 1 and the command's output at the first thing that is wrong.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ $# -gt 0 ]; then
  tarball=$(realpath "$1")
else
  tarball=$work/$(cd "$root" && npm pack --silent --pack-destination "$work")
fi

mkdir "$work/app"
cd "$work/app"
echo '{"name":"smoke","private":true,"type":"module","allowScripts":{"better-sqlite3":true}}' > package.json
npm install --silent --no-audit --no-fund "$tarball"
export PATH="$work/app/node_modules/.bin:$PATH"

say() { printf 'smoke: %s\n' "$*"; }
fail() { say "FAILED: $*" >&2; exit 1; }

# json FILE EXPRESSION: prints a JavaScript expression over the document `d`.
json() { node -e "const d = JSON.parse(require('fs').readFileSync('$1', 'utf8')); console.log($2)"; }

version=$(json node_modules/sessiondb/package.json d.version)
for command in sessiondb minsky; do
  [ "$("$command" --version)" = "$version" ] || fail "$command --version does not print $version"
done
say "sessiondb and minsky are version $version"

cat > session-db.json <<'JSON'
{"baseDir": "/srv/minsky", "sessions": [
  {"session": "task#064", "taskId": "#064", "repoName": "local/minsky", "repoUrl": "https://example.com/minsky.git",
   "createdAt": "2025-06-01T10:00:00.000Z", "branch": "task#064"},
  {"session": "no-task", "repoName": "local/minsky", "repoUrl": "https://example.com/minsky.git",
   "createdAt": "2025-06-02T10:00:00.000Z"}
]}
JSON
sessiondb import minsky-json session-db.json --store sqlite:./s.db
minsky session list --store sqlite:./s.db --json > list.json
for id in task#064 no-task; do
  grep -qF "\"$id\"" list.json || fail "session list does not name $id: $(cat list.json)"
done
say "imported two sessions and listed them"

sessiondb migrate --from sqlite:./s.db --to jsonl:./s.jsonl
minsky sessiondb migrate --from jsonl:./s.jsonl --to sqlite:./again.db
for store in sqlite:./s.db jsonl:./s.jsonl sqlite:./again.db; do
  sessiondb verify --store "$store" --json > verify.json
  [ "$(json verify.json d.ok)" = true ] || fail "verify $store: $(cat verify.json)"
  json verify.json 'd.offset + " " + d.hash' >> tails
done
[ "$(sort -u tails | wc -l)" = 1 ] || fail "the tails differ: $(cat tails)"
say "SQLite, JSONL and SQLite again have one tail: $(head -n 1 tails)"

sed -i.bak 's/minsky\.git/minskY.git/' s.jsonl
code=0
sessiondb verify --store jsonl:./s.jsonl > bad.txt 2>&1 || code=$?
[ "$code" = 6 ] || fail "verify of a changed file ended with $code, not 6: $(cat bad.txt)"
say "a changed byte was found"

node -e "import('sessiondb').then(({ openLog }) => { if (typeof openLog !== 'function') process.exit(1) })" ||
  fail "the library has no openLog"
node -e "import('sessiondb/testing').then((m) => { if (typeof m.conformanceSuite !== 'function') process.exit(1) })" ||
  fail "sessiondb/testing has no conformanceSuite"
say "ok"
