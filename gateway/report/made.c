/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names, folders, and a small text file: a line a report. */
#include "gateway/report/made.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/civil.h"
#include "gateway/base/crc32c.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/base/utf8.h"
#include "gateway/base/write.h"

enum { DAY_MS = 86400000, DATE_BYTES = 10, FILE_MODE = 0640, FOLDER_MODE = 0750 };
enum { DAYS_MAX = 2932897 }; /* 10000-01-01 */
static const char first_line[] = "eog-reports 1\n";

/* ---- names ---- */

static bool is_plain(const unsigned char *p, size_t n)
{
    if (n == 1)
        return (*p >= '0' && *p <= '9') || (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') ||
               *p == '-' || *p == '_' || *p == '.';
    return n > 1 && !utf8_is_steering(utf8_code(p, n));
}

void made_put_site(struct buf *out, const char *site)
{
    size_t left = strlen(site), whole = left;
    bool is_same = true;
    for (const unsigned char *p = (const unsigned char *)site; left;) {
        size_t n = utf8_char(p, left);
        if (is_plain(p, n)) {
            buf_append(out, p, n);
        } else {
            buf_byte(out, '_');
            is_same = false;
        }
        p += n ? n : 1;
        left -= n ? n : 1;
    }
    if (!is_same)
        buf_printf(out, "~%04" PRIx32, crc32c(0, site, whole) & 0xffff);
}

static void put_date(struct buf *out, int64_t day)
{
    struct civil date = civil_from_ms(day * DAY_MS);
    buf_printf(out, "%04d-%02d-%02d", date.year, date.month, date.day);
}

void made_put_name(struct buf *out, const char *report, int64_t day, const char *site,
                   const char *language, const char *format)
{
    buf_printf(out, "%s-", report);
    put_date(out, day);
    if (site) {
        buf_byte(out, '-');
        made_put_site(out, site);
    }
    if (language)
        buf_printf(out, ".%s", language);
    buf_printf(out, ".%s", format);
}

void made_put_partial(struct buf *out, const char *folder, const char *name)
{
    buf_printf(out, "%s/.%s.part", folder, name);
}

/* ---- folders ---- */

int made_folder(const char *folder, char *trouble, size_t size)
{
    struct stat about;
    if (mkdir(folder, FOLDER_MODE) == 0 ||
        (errno == EEXIST && stat(folder, &about) == 0 && S_ISDIR(about.st_mode)))
        return GW_OK;
    snprintf(trouble, size, "cannot make the folder %s: %s", folder,
             errno == EEXIST ? "a file has its name" : strerror(errno));
    return GW_ERR_IO;
}

static int adopt(int fd, const char *partial, const char *path, int64_t *bytes)
{
    struct stat about;
    if (fd < 0 || fstat(fd, &about) != 0 || fchmod(fd, FILE_MODE) != 0 || fsync(fd) != 0)
        return errno;
    *bytes = about.st_size;
    if (!S_ISREG(about.st_mode) || about.st_size == 0)
        return ENODATA;
    return rename(partial, path) == 0 ? 0 : errno;
}

int made_adopt(const char *folder, const char *name, int64_t *bytes, char *trouble, size_t size)
{
    struct buf partial = {0}, path = {0};
    made_put_partial(&partial, folder, name);
    buf_printf(&path, "%s/%s", folder, name);
    int fd = open(buf_text(&partial), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    int error = adopt(fd, buf_text(&partial), buf_text(&path), bytes);
    if (fd >= 0)
        close(fd);
    if (!error && write_sync_folder(buf_text(&path)) != GW_OK)
        error = EIO;
    if (error)
        snprintf(trouble, size, "%s",
                 error == ENODATA || error == ENOENT ? "nothing was written" : strerror(error));
    buf_free(&partial);
    buf_free(&path);
    return error ? GW_ERR_IO : GW_OK;
}

static bool read_date(const char *text, int64_t *day)
{
    struct civil date = {0};
    char *end;
    for (int i = 0; i < DATE_BYTES; i++)
        if (i == 4 || i == 7 ? text[i] != '-' : text[i] < '0' || text[i] > '9')
            return false;
    date.year = (int)strtol(text, &end, 10);
    date.month = (int)strtol(end + 1, &end, 10);
    date.day = (int)strtol(end + 1, &end, 10);
    if (!civil_is_valid(&date))
        return false;
    *day = civil_to_ms(&date) / DAY_MS;
    return true;
}

static bool ends_so(const char *name, const char *end)
{
    return slice_ends_with(slice_from(name), slice_from(end));
}

/* REPORT-DATE, then '-' or '.', then one of our formats: nobody else's file is called so. */
static bool is_own(const char *name, const char *report, int64_t *day)
{
    size_t n = strlen(report);
    if (strncmp(name, report, n) != 0 || name[n] != '-' || !read_date(name + n + 1, day))
        return false;
    char behind = name[n + 1 + DATE_BYTES];
    return (behind == '-' || behind == '.') && (ends_so(name, ".html") || ends_so(name, ".pdf") ||
                                                ends_so(name, ".csv") || ends_so(name, ".json"));
}

static bool is_left_over(const char *name, const char *report)
{
    size_t n = strlen(report);
    int64_t day;
    return name[0] == '.' && strncmp(name + 1, report, n) == 0 && name[n + 1] == '-' &&
           read_date(name + n + 2, &day) && strstr(name, ".part");
}

size_t made_expire(const char *folder, const char *report, int64_t before_day)
{
    DIR *all = opendir(folder);
    const struct dirent *entry;
    size_t n = 0;
    while (all && (entry = readdir(all))) {
        int64_t day;
        if (is_left_over(entry->d_name, report))
            unlinkat(dirfd(all), entry->d_name, 0);
        else if (is_own(entry->d_name, report, &day) && day < before_day &&
                 unlinkat(dirfd(all), entry->d_name, 0) == 0)
            n++;
    }
    if (all)
        closedir(all);
    return n;
}

/* ---- memory ---- */

static bool is_day(int64_t day)
{
    return day >= -1 && day <= DAYS_MAX;
}

/* Whether the numbers are in a range that we can calculate with, whatever the file says. */
static bool is_possible(const struct made_memory *memory)
{
    return is_day(memory->done) && is_day(memory->from) && is_day(memory->to) &&
           memory->from <= memory->to && memory->made_ms >= 0 &&
           memory->made_ms <= DAYS_MAX * (int64_t)DAY_MS && memory->files >= 0;
}

static bool read_line(const char *line, struct made_memory *out)
{
    int end = 0;
    *out = (struct made_memory){0};
    return sscanf(line, "%32s %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 "%n",
                  out->name, &out->done, &out->made_ms, &out->from, &out->to, &out->files,
                  &end) == 6 &&
           line[end] == '\n' && is_possible(out);
}

size_t made_load(const char *path, struct made_memory *out, size_t max)
{
    char line[256];
    size_t n = 0;
    FILE *file = fopen(path, "re");
    if (!file && errno == ENOENT)
        return 0;
    bool is_fine = file && fgets(line, sizeof line, file) && strcmp(line, first_line) == 0;
    while (is_fine && n < max && fgets(line, sizeof line, file))
        if ((is_fine = read_line(line, &out[n])))
            n++;
    if (file)
        fclose(file);
    if (!is_fine)
        log_error("report", "cannot be read, reports go on with what becomes due file=%s known=%zu",
                  path, n);
    return n;
}

int made_save(const char *path, const struct made_memory *memory, size_t n)
{
    struct buf text = {0};
    buf_slice(&text, slice_from(first_line));
    for (size_t i = 0; i < n; i++)
        buf_printf(&text, "%s %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 "\n",
                   memory[i].name, memory[i].done, memory[i].made_ms, memory[i].from, memory[i].to,
                   memory[i].files);
    int result = write_beside(path, buf_get(&text));
    buf_free(&text);
    return result == GW_OK ? write_adopt(path) : result;
}
