/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kept list as a file. It is written by gateway/base/write.h, whole or not at all.
 *
 *     "EOGWATCH"  8 bytes    version  u32 LE    body    CRC-32C of all before, u32 LE
 *
 * body: sha256, configured, file, by, each a varint length and bytes; time_ms and entries, varints;
 * then the list, to the end.
 */
#include "gateway/kpi/pushed.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/crc32c.h"
#include "gateway/base/cursor.h"
#include "gateway/base/error.h"
#include "gateway/base/utf8.h"
#include "gateway/base/write.h"
#include "gateway/kpi/watchlist.h"

enum { VERSION = 1, MAGIC_BYTES = 8, HEAD_BYTES = 12, CRC_BYTES = 4, HEADER_MAX = 4096 };
static const char MAGIC[] = "EOGWATCH";

void kpi_pushed_fini(struct kpi_pushed *pushed)
{
    buf_free(&pushed->bytes);
    *pushed = (struct kpi_pushed){0};
}

static void put_u32(struct buf *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        buf_byte(out, (char)(value >> 8 * i & 0xff));
}

static void put_text(struct buf *out, const char *text)
{
    struct slice s = slice_from(text);
    buf_varint(out, s.n);
    buf_slice(out, s);
}

void kpi_pushed_encode(const struct kpi_pushed *pushed, struct buf *out)
{
    size_t from = out->n;
    buf_append(out, MAGIC, MAGIC_BYTES);
    put_u32(out, VERSION);
    put_text(out, pushed->sha256);
    put_text(out, pushed->configured);
    put_text(out, pushed->file);
    put_text(out, pushed->by);
    buf_varint(out, (uint64_t)pushed->time_ms);
    buf_varint(out, pushed->entries);
    buf_slice(out, pushed->text);
    put_u32(out, crc32c(0, out->p + from, out->n - from));
}

static void get_text(struct cursor *in, char *out, size_t size)
{
    struct slice text = cursor_text(in);
    if (text.n >= size || memchr(text.p ? text.p : "", '\0', text.n) || !utf8_is_valid(text))
        cursor_fail(in);
    else if (text.n)
        memcpy(out, text.p, text.n);
}

static bool is_sha256(const char *text)
{
    return strlen(text) == KPI_PUSHED_HEX - 1 &&
           strspn(text, "0123456789abcdef") == KPI_PUSHED_HEX - 1;
}

/* The version is looked at first: a newer program may have another sum, too. */
static int check_frame(struct slice bytes)
{
    struct cursor head = cursor_of(slice_skip(slice_head(bytes, HEAD_BYTES), MAGIC_BYTES));
    if (bytes.n < HEAD_BYTES || memcmp(bytes.p, MAGIC, MAGIC_BYTES) != 0)
        return GW_ERR_DAMAGED;
    uint32_t version = cursor_u32le(&head);
    if (version > VERSION)
        return GW_ERR_VERSION;
    if (version == 0 || bytes.n < HEAD_BYTES + CRC_BYTES)
        return GW_ERR_DAMAGED;
    struct cursor tail = cursor_of(slice_skip(bytes, bytes.n - CRC_BYTES));
    return crc32c(0, bytes.p, bytes.n - CRC_BYTES) == cursor_u32le(&tail) ? GW_OK : GW_ERR_DAMAGED;
}

int kpi_pushed_decode(struct slice bytes, struct kpi_pushed *out)
{
    *out = (struct kpi_pushed){0};
    int error = check_frame(bytes);
    if (error)
        return error;
    struct cursor in = cursor_of(slice_skip(slice_head(bytes, bytes.n - CRC_BYTES), HEAD_BYTES));
    get_text(&in, out->sha256, sizeof out->sha256);
    get_text(&in, out->configured, sizeof out->configured);
    get_text(&in, out->file, sizeof out->file);
    get_text(&in, out->by, sizeof out->by);
    out->time_ms = (int64_t)cursor_varint(&in);
    out->entries = cursor_varint(&in);
    out->text = cursor_take(&in, cursor_left(&in));
    bool is_sound = !in.failed && out->text.n && is_sha256(out->sha256) &&
                    is_sha256(out->configured) && out->time_ms >= 0;
    if (!is_sound)
        *out = (struct kpi_pushed){0};
    return is_sound ? GW_OK : GW_ERR_DAMAGED;
}

static int read_file(int fd, struct buf *bytes)
{
    struct stat about;
    ssize_t n;
    if (fstat(fd, &about) != 0)
        return GW_ERR_IO;
    if (!S_ISREG(about.st_mode) || about.st_size > KPI_WATCH_PUSHED_MAX + HEADER_MAX)
        return GW_ERR_DAMAGED;
    size_t size = (size_t)about.st_size;
    while (bytes->n < size) {
        n = read(fd, buf_reserve(bytes, size - bytes->n), size - bytes->n);
        if (n < 0 && errno != EINTR)
            return GW_ERR_IO;
        if (n == 0)
            break;
        bytes->n += n > 0 ? (size_t)n : 0;
    }
    return GW_OK;
}

int kpi_pushed_read(const char *path, struct kpi_pushed *out)
{
    struct buf bytes = {0};
    *out = (struct kpi_pushed){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? GW_ERR_NOT_FOUND : GW_ERR_IO;
    int error = read_file(fd, &bytes);
    close(fd);
    if (!error)
        error = kpi_pushed_decode(buf_get(&bytes), out);
    if (error)
        buf_free(&bytes);
    else
        out->bytes = bytes;
    return error;
}

int kpi_pushed_remove(const char *path)
{
    if (unlink(path) != 0)
        return errno == ENOENT ? GW_OK : GW_ERR_IO;
    return write_sync_folder(path);
}

enum kpi_pushed_choice kpi_pushed_choose(int error, const struct kpi_pushed *pushed,
                                         const char *configured)
{
    if (error == GW_ERR_NOT_FOUND)
        return KPI_PUSHED_NONE;
    if (error)
        return KPI_PUSHED_UNUSABLE;
    return strcmp(pushed->configured, configured) == 0 ? KPI_PUSHED_WINS : KPI_PUSHED_OUTDATED;
}
