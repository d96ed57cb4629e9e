#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# `eogctl test`: green over the mappings as they are shipped; and over copies with one mistake each
# it must fail and say where, or its green means nothing.
top=${top_srcdir:-$(dirname "$0")/../..}
eogctl=${EOGCTL:-${top_builddir:-.}/eogctl}
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
failures=0 cases=0

[ -x "$eogctl" ] || { echo "$eogctl is not built"; exit 1; }
if ! "$eogctl" test --data "$top"; then
    failures=1
    echo 'the shipped samples fail'
fi

# A small mapping of its own: two rules, two samples.
fresh()
{
    rm -rf "$work/mappings"
    mkdir -p "$work/mappings/example"
    cp "$top/mappings/mapping.rng" "$work/mappings/"
    cat >"$work/mappings/example/box.xml" <<'END'
<mapping vendor="Example" product="Box">
  <guide title="none"/>
  <recognise format="cef"><product>Box</product></recognise>
  <rule name="found" kind="malware.found">
    <match code="1"/>
    <set field="malware.name" from="cs1"/>
  </rule>
  <rule name="lost" kind="agent.offline">
    <match code="2"/>
  </rule>
</mapping>
END
    cat >"$work/mappings/example/box.samples" <<'END'
sample found
message CEF:0|Example|Box|1|1|x|3|cs1=Worm
malware.name = Worm
kind = malware.found

sample lost
message CEF:0|Example|Box|1|2|x|3|
kind = agent.offline
END
}

# NAME EXPECTED-TEXT: the run must fail and print that text.
refuses()
{
    cases=$((cases + 1))
    "$eogctl" test --data "$work" >"$work/out" 2>&1
    status=$?
    if [ "$status" -eq 0 ] || ! grep -qF -- "$2" "$work/out"; then
        failures=$((failures + 1))
        echo "$1: status $status, wanted a failure that says '$2':"
        cat "$work/out"
    fi
}
box=$work/mappings/example/box

fresh
if ! "$eogctl" test --data "$work" >"$work/out" 2>&1; then
    failures=$((failures + 1))
    echo 'the example without mistakes fails:'
    cat "$work/out"
fi

fresh && rm "$box.samples"
refuses 'no samples' "box.xml:1: has no samples"
refuses 'no samples, its rules' "box.xml:4: rule 'found' is reached by no sample"

fresh && sed -i '/^sample lost/,$d' "$box.samples"
refuses 'a rule nothing reaches' "box.xml:8: rule 'lost' is reached by no sample"

fresh && sed -i 's/= Worm/= Trojan/' "$box.samples"
refuses 'another value' "box.samples:3: found:  malware.name: expected 'Trojan', found 'Worm'"

fresh && sed -i 's/^malware.name = Worm/malware.name absent/' "$box.samples"
refuses "a field that is there" \
    "box.samples:3: found:  malware.name: expected 'nothing', found 'Worm'"

fresh && sed -i 's/^malware.name = Worm/complete/' "$box.samples"
refuses 'a field not expected' "box.samples:1: found: not expected: malware.name"

fresh && sed -i 's/^malware.name/malware.nam/' "$box.samples"
refuses 'no such field' "box.samples:3: found: no such field malware.nam"

fresh && sed -i 's/^kind = agent.offline//' "$box.samples"
refuses 'nothing is expected' "box.samples:6: lost: expects nothing"

fresh && sed -i 's/|Box|1|2/|Chest|1|2/' "$box.samples"
refuses 'another product' "expected 'example/box', found 'none'"

fresh && : >"$box.samples"
refuses 'an empty file' "box.samples:0: holds no sample"

fresh && printf 'kind = none\n%s\n' "$(cat "$box.samples")" >"$box.samples.new" &&
    mv "$box.samples.new" "$box.samples"
refuses 'before the first sample' "box.samples:1: stands before the first 'sample' line"

fresh && echo 'sample without anything' >>"$box.samples"
refuses 'no message' "has no message and no trap"

fresh && echo 'malware.name: Worm' >>"$box.samples"
refuses 'a line of no meaning' "box.samples:9: 'malware.name: Worm': not understood"

fresh && echo 'charset klingon' >>"$box.samples"
refuses 'an unknown charset' "its charset is not known"

fresh && cp "$box.samples" "$work/mappings/example/chest.samples"
refuses 'samples without a mapping' "chest.samples:1: there is no mapping example/chest.xml"

fresh && rm "$box.xml"
refuses 'no mapping at all' "holds no mapping"

# An expectation may be named like an order of the file.
fresh && sed -i 's/^malware.name = Worm/message = text/' "$box.samples"
refuses 'an expectation named message' "box.samples:3: found:  message: expected 'text', found ''"

fresh && sed -i 's/^malware.name = Worm/message absent/; s/cs1=Worm/msg=Worm/' "$box.samples" &&
    sed -i 's/"malware.name" from="cs1"/"message" from="msg"/' "$box.xml"
refuses 'an absent message' "box.samples:3: found:  message: expected 'nothing', found 'Worm'"

echo "$cases mistakes, $failures failures"
[ "$failures" -eq 0 ]
