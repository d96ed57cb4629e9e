/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * blast_udp [-r RATE] [-n COUNT | -t SECONDS] [-g] FILE ADDRESS PORT: the file's lines as
 * datagrams. -g: UDP_SEGMENT, which one core sends several times faster.
 */
#include <stdio.h>
#include <unistd.h>

#include "tests/bench/blast.h"

int main(int argc, char **argv)
{
    struct blast_options options = {0};
    int option;
    while ((option = getopt(argc, argv, BLAST_OPTIONS)) != -1)
        if (!blast_option(&options, option, optarg))
            return 2;
    if (argc - optind != 3)
        return 2;
    size_t n;
    struct iovec *lines = blast_read_lines(argv[optind], &n);
    blast_count(&options);
    if (options.count == 0)
        options.count = n;
    blast_datagrams(blast_open_udp(argv[optind + 1], argv[optind + 2]), lines, n, &options);
    return 0;
}
