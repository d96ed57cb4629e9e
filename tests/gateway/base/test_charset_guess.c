/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Texts as consoles of China, Taiwan and Japan write them, in the set that each would be sent in,
 * whole and in short; what is another's or none; and bytes by which a sender would have syntax
 * swallowed.
 */
#include "gateway/base/charset_guess.h"

#include <iconv.h>
#include <string.h>

#include "tests/support/suite.h"

enum { ROOM = 512 };

static struct slice encoded(const char *charset, const char *text, char *room)
{
    iconv_t cd = iconv_open(charset, "UTF-8");
    char *from = (char *)text, *to = room;
    size_t left = strlen(text), free_n = ROOM;
    CU_ASSERT_FATAL(cd != (iconv_t)-1);
    size_t lost = iconv(cd, &from, &left, &to, &free_n);
    iconv_close(cd);
    if (lost)
        printf("\n%s: not in %s\n", text, charset);
    CU_ASSERT_EQUAL(lost, 0);
    return slice_of(room, (size_t)(to - room));
}

static bool is_guessed(struct slice text, const char *expected)
{
    const char *found = charset_guess(text);
    bool is_same = expected ? found && strcmp(found, expected) == 0 : !found;
    if (!is_same)
        printf("\n%.*s: %s, not %s\n", (int)text.n, text.p, found ? found : "none",
               expected ? expected : "none");
    return is_same;
}

static const char *const simplified[] = {
    "病毒",
    "管理员登录成功",
    "<134>Dec  1 10:00:00 apex01 Virus/Malware: W97M 计算机: 财务部-电脑01 文件: C:\\工资表.exe",
    "实时扫描发现恶意软件，已隔离",
    "用户 张三 从 192.0.2.7 登录失败，原因：密码错误",
    "dhost=研发-01 act=已清除 msg=特征码更新失败",
    "接口 GigabitEthernet1/0/5 状态变为 down",
    "防病毒策略“默认”已下发到 12 台终端",
    "服务器磁盘空间不足 5%",
    "木马",
    "检测到来自外网的端口扫描攻击，源地址",
    "勒索软件 镕",
};

static const char *const traditional[] = {
    "病毒",
    "<134>Dec  1 10:00:00 apex01 Virus/Malware: W97M 電腦: 財務部電腦01 檔案: C:\\薪資表.exe",
    "即時掃描發現惡意程式，已隔離",
    "使用者 王小明 登入失敗，原因：密碼錯誤",
    "病毒碼更新成功",
    "已刪除",
    "伺服器磁碟空間不足",
    "偵測到來自外部網路的連接埠掃描",
    "防毒原則「預設」已套用至 12 台用戶端",
};

static const char *const japanese[] = {
    "ウイルスを検出しました",
    "パターンファイルの更新に失敗しました",
    "<134>Dec  1 10:00:00 vb01 ウイルス: W97M コンピュータ: 経理部-01",
    "ログオンに失敗しました：ユーザ名またはパスワードが正しくありません",
    "表示",
    "隔離済み",
};

static void test_sets(void)
{
    static const struct {
        const char *name, *charset;
        const char *const *texts;
        size_t n;
    } sets[] = {
        {"GB18030", "GB18030", simplified, sizeof simplified / sizeof *simplified},
        {"Big5", "BIG5", traditional, sizeof traditional / sizeof *traditional},
        {"CP932", "CP932", japanese, sizeof japanese / sizeof *japanese},
    };
    char room[ROOM];
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        for (size_t k = 0; k < sets[i].n; k++) {
            struct slice text = encoded(sets[i].charset, sets[i].texts[k], room);
            CU_ASSERT(is_guessed(text, sets[i].name));
        }
}

/* A datagram that was cut ends within a character. */
static void test_cut(void)
{
    char room[ROOM];
    struct slice text = encoded("GB18030", "实时扫描发现恶意软件", room);
    CU_ASSERT(is_guessed(slice_head(text, text.n - 1), "GB18030"));
    text = encoded("BIG5", "即時掃描發現惡意程式", room);
    CU_ASSERT(is_guessed(slice_head(text, text.n - 1), "Big5"));
    text = encoded("CP932", "ウイルスを検出しました", room);
    CU_ASSERT(is_guessed(slice_head(text, text.n - 1), "CP932"));
}

static void test_others(void)
{
    static const struct {
        const char *charset, *text;
    } others[] = {
        {"CP1252", "nettoyé"},
        {"CP1252", "Zugriff für Benutzer Jörg verweigert, Größe überschritten"},
        {"CP1252", "Connexion refusée à l'utilisateur Benoît"},
        {"CP1252", "Ärger"},
        {"CP1250", "Usługa została zatrzymana przez użytkownika"},
        {"CP1251", "Обнаружен вредоносный объект"},
        {"EUC-KR", "바이러스가 발견되었습니다 파일을 삭제했습니다"},
        {"EUC-JP", "ウイルスを検出しました。ファイルを隔離しました"},
    };
    char room[ROOM];
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        CU_ASSERT(is_guessed(encoded(others[i].charset, others[i].text, room), NULL));
    CU_ASSERT_PTR_NULL(charset_guess(SLICE_NONE));
    CU_ASSERT(is_guessed(SLICE("ASCII"), NULL));
    CU_ASSERT(is_guessed(SLICE("\xff\xfe\xfd"), NULL));
    CU_ASSERT(is_guessed(SLICE("\x80"), NULL));
    CU_ASSERT(
        is_guessed(SLICE("\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\xd2\x8b\x0c\xf1"), NULL));
    /* UTF-8 with bytes that are none. */
    CU_ASSERT(is_guessed(SLICE("计算机 \xff 中发现病毒"), NULL));
    CU_ASSERT(is_guessed(SLICE("计算机\xb2\xa1\xb6\xbe 中"), NULL));
}

/*
 * What stands behind a name may be an escape, or the end of a column: a half character at the
 * name's end would take it away, and the next words would be read as what they are not.
 */
static void test_swallowed(void)
{
    CU_ASSERT(is_guessed(SLICE("\xb2\xa1\xb6\xbe \xb2\xa1\xb6\xbe"), "GB18030"));
    CU_ASSERT(is_guessed(SLICE("\xa6\xa8\xa5\\ \xa6\xa8\xa5\\"), "Big5")); /* 成功 */
    CU_ASSERT(is_guessed(SLICE("f=\xa6\xa8\xa6\xa8\xa5\\\" act=\\\"blocked"), NULL));
    CU_ASSERT(is_guessed(SLICE("f=\xa6\xa8\xa6\xa8\xa5\\=x act=blocked"), NULL));
    CU_ASSERT(is_guessed(SLICE("f=\xa6\xa8\xa6\xa8\xa5\\\\ act=blocked"), NULL));
    CU_ASSERT(is_guessed(SLICE("f=\xa6\xa8\xa6\xa8\xa5\\|3|x"), NULL));
    CU_ASSERT(is_guessed(SLICE("[x f=\"\xa6\xa8\xa6\xa8\xa5\\]\"]"), NULL));
    CU_ASSERT(is_guessed(SLICE("\xa6\xa8\xa5|\xa6\xa8"), "Big5")); /* 四: no column ends here */
    CU_ASSERT(is_guessed(SLICE("a|b|\xa6\xa8\xa6\xa8\xa5|3|x"), NULL));
    CU_ASSERT(is_guessed(SLICE("user [\xa6\xa8\xa6\xa8\xa5] failed"), NULL));
    CU_ASSERT(is_guessed(SLICE("{user \xa6\xa8\xa6\xa8\xa5}"), NULL));
    CU_ASSERT(is_guessed(SLICE("app[7]: \xa6\xa8\xa6\xa8\xa5] \xa6\xa8"), "Big5"));
    CU_ASSERT(is_guessed(SLICE("a|\xb2\xa1\xb6\xbe|b"), "GB18030"));
}

int main(void)
{
    static const struct suite_test tests[] = {{"sets", test_sets},
                                              {"cut", test_cut},
                                              {"others", test_others},
                                              {"swallowed", test_swallowed}};
    return suite_run("charset_guess", tests, sizeof tests / sizeof *tests);
}
