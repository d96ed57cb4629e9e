/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the journal costs: CPU seconds (the whole process: appenders, writer, reader) and wall time
 * for records of a size, by 1 and 2 appending threads, at full speed and paced; then reading them
 * back.
 *
 *     bench_journal [DIR [RECORDS [BYTES]]]     DIR is made and removed
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/journal/journal.h"

static double cpu_s(void)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
           1e-6 * (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

static double wall_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

struct job {
    struct journal *journal;
    uint64_t records;
    size_t bytes;
    double per_second; /* 0: full speed */
    uint64_t full;     /* times the staging was full */
};

static void nap(long ns)
{
    nanosleep(&(struct timespec){0, ns}, NULL);
}

static void *append_main(void *context)
{
    struct job *job = context;
    char *payload = malloc(job->bytes);
    memset(payload, 'x', job->bytes);
    double begin = wall_s();
    for (uint64_t i = 0; i < job->records;) {
        uint64_t sequence;
        memcpy(payload, &i, job->bytes < sizeof i ? job->bytes : sizeof i);
        int error = journal_append(job->journal, slice_of(payload, job->bytes), &sequence);
        if (error == GW_OK) {
            i++;
        } else if (error == GW_ERR_FULL) {
            job->full++;
            nap(100000);
        } else {
            fprintf(stderr, "append: %s\n", gw_error_text(error));
            exit(1);
        }
        if (job->per_second > 0 && (double)i / job->per_second > wall_s() - begin + 0.002) {
            double at = begin + (double)i / job->per_second;
            struct timespec until = {(time_t)at, (long)((at - (double)(time_t)at) * 1e9)};
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
        }
    }
    free(payload);
    return NULL;
}

static void remove_dir(const char *dir)
{
    char command[4200];
    snprintf(command, sizeof command, "rm -rf -- '%s'", dir);
    if (system(command) != 0)
        exit(1);
}

static void run(const char *dir, uint64_t records, size_t bytes, int threads, double rate,
                bool read_back)
{
    struct journal_options options;
    struct journal *journal;
    struct job jobs[8] = {{0}};
    pthread_t ids[8];
    journal_options_default(&options);
    remove_dir(dir);
    if (journal_open(dir, &options, &journal) != GW_OK)
        exit(1);
    double cpu = cpu_s(), wall = wall_s();
    for (int i = 0; i < threads; i++) {
        jobs[i] = (struct job){journal, records / (uint64_t)threads, bytes, rate / threads, 0};
        pthread_create(&ids[i], NULL, append_main, &jobs[i]);
    }
    uint64_t full = 0;
    for (int i = 0; i < threads; i++) {
        pthread_join(ids[i], NULL);
        full += jobs[i].full;
    }
    double appended = wall_s() - wall;
    uint64_t total = records / (uint64_t)threads * (uint64_t)threads;
    while (journal_wait_committed(journal, total, 1000) != GW_OK)
        ;
    cpu = cpu_s() - cpu;
    wall = wall_s() - wall;
    struct journal_status status;
    journal_get_status(journal, &status);
    printf(
        "append threads=%d rate=%-8.0f records=%" PRIu64 " bytes=%zu: %.0f records/s, wall %.3f s "
        "(append %.3f), CPU %.3f s/M, commits %" PRIu64 ", staging full %" PRIu64 ", disk %.3f x\n",
        threads, rate, total, bytes, (double)total / wall, wall, appended,
        cpu / (double)total * 1e6, status.commits, full,
        (double)status.bytes / ((double)total * (double)bytes));
    if (read_back) {
        struct journal_reader *reader;
        struct journal_record record;
        journal_reader_open(journal, NULL, 0, &reader);
        cpu = cpu_s();
        wall = wall_s();
        uint64_t n = 0;
        while (journal_reader_next(reader, &record) == GW_OK)
            n++;
        cpu = cpu_s() - cpu;
        wall = wall_s() - wall;
        journal_reader_close(reader);
        printf("read   records=%" PRIu64 ": %.3f us CPU a record, %.0f records/s\n", n,
               cpu / (double)n * 1e6, (double)n / wall);
    }
    journal_close(journal);
    wall = wall_s();
    if (journal_open(dir, &options, &journal) == GW_OK) {
        printf("open   %.3f s\n", wall_s() - wall);
        journal_close(journal);
    }
    remove_dir(dir);
}

int main(int argc, char **argv)
{
    const char *dir = argc > 1 ? argv[1] : "bench-journal.d";
    uint64_t records = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000;
    size_t bytes = argc > 3 ? strtoul(argv[3], NULL, 10) : 700;
    log_set_level(LOG_LEVEL_WARN);
    puts("first run: the system's page cache is cold");
    run(dir, records, bytes, 1, 0, true);
    run(dir, records, bytes, 1, 0, true);
    run(dir, records, bytes, 2, 0, false);
    run(dir, records, bytes, 1, 200000, false);
    run(dir, records / 5, bytes, 1, 20000, false);
    run(dir, records / 20, bytes, 1, 5000, false);
    return 0;
}
