#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The status page's files as bytes in C, to standard output: embed.sh NAME=FILE...
echo '/* Made by gateway/web/page/embed.sh */'
echo '#include "gateway/web/page_bytes.h"'
for pair in "$@"; do
    name=${pair%%=*}
    echo "static const unsigned char ${name}_bytes[] = {"
    od -An -v -tx1 "${pair#*=}" | sed 's/ *\([0-9a-f][0-9a-f]\)/0x\1,/g' || exit 1
    echo '};'
    echo "const struct slice $name = {(const char *)${name}_bytes, sizeof ${name}_bytes};"
done
