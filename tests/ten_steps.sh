#!/usr/bin/env bash
# The loop once round, without a screen: from sample data to a retrained model in ten steps.
#
#   tests/ten_steps.sh [WORKSPACE]      (a new temporary one unless named; it must be empty)
#
# The expert's decisions come from synthetic_data/defect_detection/truth.csv, which the app itself never reads.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=${PYTHON:-$root/.venv/bin/python}
work=$(mktemp -d)
trap 'ontos serve --stop >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
export ONTOS_HOME=${1:-$work/workspace}

ontos() { "$python" -m ontos_tui "$@"; }
step() { printf '\n──── %s\n' "$*"; }
show() {
    local word
    printf '$ ontos'
    for word in "$@"; do
        if [[ $word == *[^[:alnum:]_./:=-]* ]]; then printf " '%s'" "$word"; else printf ' %s' "$word"; fi
    done
    printf '\n'
    ontos "$@"
}
# field EXPRESSION: a value out of the JSON document on stdin, called d
field() { "$python" -c 'import json, sys; d = json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"; }

# expert AMOUNT: what an expert says about the next pairs, as a file for `ontos label apply`
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
' "$root/synthetic_data/defect_detection/truth.csv" >"$work/decisions.jsonl"
    printf 'The expert decides %s pairs: %s proposals were right.\n' \
        "$(wc -l <"$work/decisions.jsonl")" "$(grep -c '"approve"' "$work/decisions.jsonl" || true)"
}

step "1  Pick Defect Detection"
show seed defect_detection

step "2  See its sample data"
show sheet show "Crystal inspections" --limit 3

step "3  Generate training pairs"
show generate "Crystal inspections" --template "Crystal defect" --mode ai
sheet=$(ontos label stats --json | field 'd[0]["sheet"]["id"][:8]')

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
model=$(ontos deploy --json | field '"{name}:{version}".format(**d["models"][0])')
endpoint=crystal-defect
show deploy "$model" --name "$endpoint"
# An item that is neither labelled yet nor held out, and for which the model is wrong: that is worth a correction.
while IFS=, read -r item defect severity action; do
    ontos query "$endpoint" --item "$item" --json >"$work/query.json"
    [[ $(field 'd[0]["output"]["defect_class"]' <"$work/query.json") == "$defect" ]] || break
done < <(tail -n 100 "$root/synthetic_data/defect_detection/truth.csv")
show query "$endpoint" --item "$item"
show serve
url=$(ontos serve --json | field 'd["server"]["url"]')
printf '$ POST %s/serving-endpoints/%s/invocations\n' "$url" "$endpoint"
"$python" - "$url/serving-endpoints/$endpoint/invocations" "$work/query.json" <<'PYTHON'
import json, sys, urllib.request
with open(sys.argv[2], encoding="utf-8") as file:
    rows = [record["input"] for record in json.load(file)]
body = json.dumps({"dataframe_records": rows}).encode()
request = urllib.request.Request(sys.argv[1], body, {"Content-Type": "application/json"})
print(urllib.request.urlopen(request, timeout=30).read().decode())
PYTHON
show serve --stop

step "7  Leave feedback on a prediction, with a correction"
request=$(field 'd[0]["request_id"][:8]' <"$work/query.json")
right=$(printf '{"defect_class": "%s", "severity": "%s", "action": "%s"}' "$defect" "$severity" "$action")
show feedback add "$request" --bad --comment "I see a $defect" --correction "$right"
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
show deploy "$(ontos deploy --json | field '"{name}:{version}".format(**d["models"][0])')" --name "$endpoint"
show status
