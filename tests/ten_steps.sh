#!/usr/bin/env bash
# The loop once round, without a screen: from sample data to a retrained model in ten steps.
#
#   tests/ten_steps.sh [WORKSPACE]      (a new temporary one unless named; it must be empty)
#
# The expert's decisions come from synthetic_data/defect_detection/truth.csv, of which `seed` reads what colleagues gave.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=${PYTHON:-$root/.venv/bin/python}
truth=$root/src/ontos_tui/synthetic_data/defect_detection/truth.csv
work=$(mktemp -d)
trap 'ontos serve --stop >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
export ONTOS_HOME=${1:-$work/workspace}

ontos() { "$python" -m ontos_tui "$@"; }
step() { printf '\n──── %s\n' "$*"; }
exec 3>&1 # where the commands are printed, wherever their own output goes
show() {
    local word
    {
        printf '$ ontos'
        for word in "$@"; do
            if [[ $word == *[^[:alnum:]_./:=@-]* ]]; then printf " '%s'" "$word"; else printf ' %s' "$word"; fi
        done
        printf '\n'
    } >&3
    ontos "$@"
}
# field EXPRESSION: a value out of the JSON document on stdin, called d
field() { "$python" -c 'import json, sys; d = json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"; }

# expert AMOUNT: an expert's decisions about the next pairs, as a file for `ontos label apply`
expert() {
    ontos label next "$sheet" --count "$1" --json | "$python" -c '
import csv, json, sys
with open(sys.argv[1], encoding="utf-8", newline="") as file:
    truth = {row.pop("inspection_id"): row for row in csv.DictReader(file)}
for pair in json.load(sys.stdin):
    if pair["item_ref"] not in truth:
        continue
    right = truth[pair["item_ref"]]
    approve = pair["proposal"] == right
    decision = {"verdict": "approve"} if approve else {"verdict": "edit", "answer": right}
    print(json.dumps({"item_ref": pair["item_ref"], **decision}))
' "$truth" >"$work/decisions.jsonl"
    printf 'The expert decides %s pairs: %s proposals were right.\n' \
        "$(wc -l <"$work/decisions.jsonl")" "$(grep -c '"approve"' "$work/decisions.jsonl" || true)"
}

step "1  Pick Defect Detection"
show seed defect_detection

step "2  See its sample data"
show sheet show "Crystal inspections" --limit 3

step "3  Generate training pairs"
show generate "Crystal inspections" --template "Crystal defect" --mode ai
sheet=$(ontos training-sheets --json | field 'd[0]["training_sheet"]["id"][:8]')

step "4  Review and label ten pairs"
show label next "$sheet"
expert 10
show label apply "$sheet" "$work/decisions.jsonl"
show label stats

step "5  Submit a training job and watch it finish"
show train "$sheet" --estimate
show train "$sheet" --wait
show jobs list

step "6  Deploy the model and try it"
model=$(ontos models --json | field '"{name}:{version}".format(**d[0])')
endpoint=crystal-defect
show deploy "$model" --name "$endpoint"
show query "$endpoint" --item INS-00800
# Rows that are neither labeled yet nor held out, all in one request …
ontos data preview local.samples.defect_detection --offset 780 --limit 20 --json | "$python" -c '
import csv, json, sys
with open(sys.argv[1], encoding="utf-8", newline="") as file:
    known = {row["inspection_id"] for row in csv.DictReader(file)}
rows = [item["fields"] for item in json.load(sys.stdin)["items"]]
print(json.dumps([row for row in rows if row["inspection_id"] in known]))
' "$truth" >"$work/rows.json"
show query "$endpoint" --input "@$work/rows.json" --json >"$work/answers.json"
# … and the first one about which the model is wrong: that is worth a correction.
"$python" - "$truth" "$work/rows.json" "$work/answers.json" >"$work/wrong.json" <<'PYTHON'
import csv, json, sys
with open(sys.argv[1], encoding="utf-8", newline="") as file:
    truth = {row.pop("inspection_id"): row for row in csv.DictReader(file)}
rows, answers = (json.load(open(name, encoding="utf-8")) for name in sys.argv[2:])
pairs = [(truth[row["inspection_id"]], answer) for row, answer in zip(rows, answers, strict=True)]
wrong = [(right, answer) for right, answer in pairs if right["defect_class"] != answer["output"]["defect_class"]]
right, answer = wrong[0]
first = {"request": answer["request_id"][:8], "output": answer["output"], "right": right, "input": answer["input"]}
json.dump(first | {"wrong": len(wrong), "sent": len(pairs)}, sys.stdout)
PYTHON
field '"{wrong} of {sent} answers are wrong. For example {output}; the right answer is {right}.".format(**d)' <"$work/wrong.json"
show serve
url=$(ontos serve --json | field 'd["server"]["url"]')
printf '$ POST %s/serving-endpoints/%s/invocations\n' "$url" "$endpoint"
"$python" - "$url/serving-endpoints/$endpoint/invocations" "$work/wrong.json" <<'PYTHON'
import json, sys, urllib.request
with open(sys.argv[2], encoding="utf-8") as file:
    body = json.dumps({"dataframe_records": [json.load(file)["input"]]}).encode()
request = urllib.request.Request(sys.argv[1], body, {"Content-Type": "application/json"})
print(urllib.request.urlopen(request, timeout=30).read().decode())
PYTHON
show serve --stop

step "7  Leave feedback on a prediction, with a correction"
request=$(field 'd["request"]' <"$work/wrong.json")
right=$(field 'json.dumps(d["right"])' <"$work/wrong.json")
show feedback add "$request" --bad --comment "The model is wrong here" --correction "$right"
feedback=$(ontos feedback list "$endpoint" --json | field 'd[0]["id"][:8]')

step "8  See the request and the feedback in Monitor"
show monitor "$endpoint" --bucket minute --last 10 --requests 5

step "9  Turn the feedback into a training pair; it waits in the queue"
show feedback convert "$feedback"
pair=$(ontos feedback convert "$feedback" --json | field 'd["curation_item_id"][:8]')
printf 'In the queue: %s\n' "$(ontos label next "$sheet" --count 1000 --json |
    field '[(p["item_ref"], p["proposal"]) for p in d if p["labeling_mode"] == "feedback"]')"
show label decide "$pair" approve

step "10 Retrain with what is new, and see what changed"
expert 60
show label apply "$sheet" "$work/decisions.jsonl"
show retrain "$endpoint" --preview
show retrain "$endpoint" --wait
show deploy "$(ontos models --json | field '"{name}:{version}".format(**d[0])')" --name "$endpoint"
show status
