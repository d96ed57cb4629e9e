/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * main() of a fuzz target where libFuzzer is not built in: runs the target over its corpus, each
 * file whole, cut after every byte and with every byte changed (long ones in steps), each time
 * right before a protected page. Arguments, files or folders, take the corpus' place.
 */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"
#include "tests/support/guard.h"

enum { INPUT_MAX = 256 * 1024, ROUNDS_MAX = 1200 };

static struct guard guard;
static unsigned long files, runs;

static void run(struct slice input)
{
    struct slice s = guard_put(&guard, input);
    LLVMFuzzerTestOneInput((const uint8_t *)s.p, s.n);
    runs++;
}

static void run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *bytes = malloc(INPUT_MAX);
    if (!file || !bytes)
        abort();
    struct slice whole = slice_of(bytes, fread(bytes, 1, INPUT_MAX, file));
    fclose(file);
    files++;
    run(whole);
    size_t step = 1 + whole.n / ROUNDS_MAX;
    /* Long inputs cost a run in proportion to their length: fewer rounds of them. */
    step += whole.n > 8192 ? whole.n / 64 : 0;
    for (size_t i = 0; i < whole.n; i += step) {
        run(slice_head(whole, i));
        char was = bytes[i];
        bytes[i] = (char)~was;
        run(whole);
        bytes[i] = (char)(was ^ (1 << (i % 8)));
        run(whole);
        bytes[i] = was;
    }
    free(bytes);
}

/* False when there is no such path. */
static bool run_path(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return false;
    if (!S_ISDIR(info.st_mode)) {
        run_file(path);
        return true;
    }
    struct dirent **names;
    int n = scandir(path, &names, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char inner[1024];
        snprintf(inner, sizeof inner, "%s/%s", path, names[i]->d_name);
        if (names[i]->d_name[0] != '.')
            run_path(inner);
        free(names[i]);
    }
    if (n >= 0)
        free(names);
    return true;
}

int main(int argc, char **argv)
{
    const char *source = getenv("srcdir"), *shared = getenv("EOG_SHARED");
    char path[1024];
    guard = guard_new(INPUT_MAX);
    run(SLICE_NONE);
    for (int i = 1; i < argc; i++)
        run_path(argv[i]);
    if (argc > 1)
        return files ? 0 : 1;
    if (!source)
        source = TEST_TOP_SRCDIR;
    for (const char *const *name = fuzz_own_seeds; *name; name++) {
        snprintf(path, sizeof path, "%s/tests/fuzz/corpus/%s", source, *name);
        if (!run_path(path)) {
            fprintf(stderr, "no corpus: %s\n", path);
            return 1;
        }
    }
    if (files == 0) {
        fprintf(stderr, "the corpus is empty\n");
        return 1;
    }
    for (const char *const *name = fuzz_shared_seeds; *name; name++) {
        if (shared)
            snprintf(path, sizeof path, "%s/corpus/fuzz-seeds/%s", shared, *name);
        else
            snprintf(path, sizeof path, "%s/../shared/corpus/fuzz-seeds/%s", source, *name);
        run_path(path);
    }
    printf("%lu files, %lu runs\n", files, runs);
    guard_free(&guard);
    return 0;
}
