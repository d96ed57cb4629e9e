/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gen_cef: the benchmarks' work file. Syslog lines (RFC 3164 header) of CEF as Apex Central and
 * Deep Security send it, in 20 shapes with their documented keys; each line differs in its variable
 * fields. The same arguments give the same bytes on every machine: no clock, no locale.
 *
 *   gen_cef [-n LINES] [-s SEED] [-b BEGIN] [-r PER_SECOND] [-H HOSTS] > FILE
 *
 * -b: seconds since 1970 of the first line's time; -r: lines that share a second; -H: endpoints.
 *
 * A shape is text with one-letter variables behind '$':
 *   t time as CEF has it   h endpoint      i its address   e outside address  u user
 *   m malware              f file          p pattern no.   n 1..9             d six digits
 *   o port                 s SHA-1         x eight hex     g payload id       v server
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define APEX    "CEF:0|Trend Micro|Apex Central|2019|"
#define AGENT   "CEF:0|Trend Micro|Deep Security Agent|20.0.0.5394|"
#define MANAGER "CEF:0|Trend Micro|Deep Security Manager|20.0.585|"

#define APEX_TAIL " deviceFacility=Apex One devicePayloadId=$g"

static const char *const shapes[] = {
    APEX "AV:File quarantined|$m|3|deviceExternalId=$d rt=$t cnt=1 dhost=$h duser=$u"
         " act=File quarantined cn1Label=Pattern cn1=$p cn2Label=Second_Action cn2=1 "
         "cs1Label=VLF_FunctionCode"
         " cs1=Real-time Scan cs2Label=Engine cs2=22.590.1004"
         " cs5Label=First_Action_Result cs5=File quarantined"
         " cs6Label=Second_Action_Result cs6=N/A cat=1703 dvchost=$v cn3Label=Overall_Risk_Rating "
         "cn3=1 fname=$f"
         " filePath=C:\\\\Users\\\\Public\\\\Downloads\\\\ dst=$i fileHash=$s" APEX_TAIL,
    APEX "AV:File cleaned|$m|3|deviceExternalId=$d rt=$t cnt=$n dhost=$h duser=$u"
         " act=File cleaned cn1Label=Pattern cn1=$p cn2Label=Second_Action cn2=1 "
         "cs1Label=VLF_FunctionCode"
         " cs1=Scheduled Scan cs2Label=Engine cs2=22.590.1004"
         " cs5Label=First_Action_Result cs5=File cleaned"
         " cs6Label=Second_Action_Result cs6=N/A cat=1703 dvchost=$v cn3Label=Overall_Risk_Rating "
         "cn3=0 fname=$f"
         " filePath=D:\\\\share\\\\projects\\\\ shost=$h dst=$i" APEX_TAIL,
    APEX "AV:Unable to clean file|$m|3|deviceExternalId=$d rt=$t cnt=1 dhost=$h duser=$u"
         " act=Unable to clean file cn1Label=Pattern cn1=$p cn2Label=Second_Action cn2=6"
         " cs1Label=VLF_FunctionCode cs1=Manual Scan cs2Label=Engine cs2=22.590.1004 "
         " cs5Label=First_Action_Result cs5=Unable to clean file"
         " cs6Label=Second_Action_Result cs6=Passed cat=1703 dvchost=$v "
         "cn3Label=Overall_Risk_Rating cn3=2"
         " fname=$f filePath=E:\\\\ shost=FILESRV$n dst=$i" APEX_TAIL,
    APEX
    "Spyware Detected|Spyware Detected|3|deviceExternalId=$d rt=$t cnt=$n dhost=$h "
    "cn1Label=PatternType"
    " cn1=1073741840 cs1Label=VirusName cs1=$m cs2Label=EngineVersion cs2=6.2.4029 "
    "cs5Label=ActionResult"
    " cs5=Reboot system successfully cs6Label=PatternVersion cs6=2603 cat=1727 dvchost=$v fname=$f"
    " filePath=HKEY_LOCAL_MACHINE\\\\Software\\\\Microsoft\\\\Windows\\\\CurrentVersion\\\\Run\\\\$"
    "x dst=$i"
    " duser=$u cn3Label=SLF_RiskType cn3=2 cn2Label=SLF_ScanType cn2=11" APEX_TAIL,
    APEX "PML:File cleaned|Troj.Win32.TRX.XXPE50FFF0$n|3|deviceExternalId=$d rt=$t cat=1763 "
         "deviceFacility=Apex One"
         " dvchost=$v dhost=$h dst=$i duser=$u app=10 act=21 cn1Label=ThreatType cn1=35148 "
         "cn2Label=DetectionType"
         " cn2=0 cn3Label=Confidence cn3=9$n cs1Label=SecurityThreat cs1=$m cs2Label=DetectionName"
         " cs2=Troj.Win32.TRX.XXPE50FFF0$n cs3Label=InfectionLocation "
         "cs3=https://files.example.net/dl?id\\=$x"
         " fname=$f filePath=C:\\\\Users\\\\$x\\\\AppData\\\\Local\\\\Temp\\\\ fileHash=$s"
         " sproc=C:\\\\Program Files\\\\Browser\\\\browser.exe",
    APEX
    "BM:Terminate|Behavior Monitoring|3|deviceExternalId=$d rt=$t dvchost=$v cn1Label=Risk_Level "
    "cn1=3"
    " cs2Label=Policy cs2=Suspicious System File Modification"
    " sproc=C:\\\\Users\\\\$x\\\\AppData\\\\Local\\\\Temp\\\\$f"
    " cn2Label=Event_Type cn2=4 cs1Label=Target"
    " cs1=C:\\\\Windows\\\\System32\\\\vssadmin.exe delete shadows /all"
    " act=Terminate cn3Label=Operation cn3=302 shost=$h src=$i duser=$u cs3Label=Instance cs3=$g"
    " reason=G" APEX_TAIL,
    APEX
    "NCIE:Pass|Suspicious Connection|3|deviceExternalId=$d rt=$t cat=1756 deviceFacility=Apex One"
    " deviceProcessName=C:\\\\Program Files\\\\Internet Tools\\\\agent.exe act=Pass src=$i dst=$e "
    "spt=$o dpt=443"
    " deviceDirection=None cn1Label=SLF_PatternType cn1=2 cs2Label=NCIE_ThreatName"
    " cs2=Malicious_identified_CnC_querying_on_UDP_detected shost=$h duser=$u "
    "cn2Label=SLF_PatternNumber cn2=$p"
    " dvchost=$v cnt=$n msg=Connection monitored, the policy is in log only mode"
    " TMCMdevicePlatform=Windows 11",
    APEX
    "CnC:Block|CnC Callback|3|deviceExternalId=$d rt=$t cat=1756 deviceFacility=Apex One "
    "deviceProcessName="
    "C:\\\\Windows\\\\System32\\\\rundll32.exe act=Block src=$i shost=$h dst=$e spt=$o dpt=8443"
    " cs3Label=SLF_DomainName cs3=ACME cs5Label=CallbackAddress "
    "cs5=http://$e:8443/gate.php?k\\=$x"
    " cn1Label=CLF_RiskLevel cn1=3 cn2Label=SLF_CnCListSource cn2=1 duser=$u cnt=$n dvchost=$v"
    " cs1Label=EndpointGroup cs1=Finance\\\\Workstations devicePayloadId=$g",
    APEX
    "WB:7|7|3|deviceExternalId=$d rt=$t app=17 cntLabel=AggregatedCount cnt=$n dpt=443 act=1 src=$i"
    " cs1Label=SLF_PolicyName cs1=External User Policy deviceDirection=2 cat=7 dvchost=$v fname=$f"
    " request=https://login-portal.example.org/session/verify?token\\=$x$x"
    " deviceFacility=Apex One shost=$h duser=$u deviceProcessName=chrome.exe "
    "cn3Label=Web_Reputation_Rating cn3=49 cn2Label=SLF_SeverityLevel cn2=100"
    " devicePayloadId=$g",
    APEX "700106|Data Loss Prevention|3|deviceExternalId=$d rt=$t shost=$h src=$i suser=$u "
         "duser=$u dvchost=$v"
         " cs5Label=Rule cs5=PCI-DSS Cardholder Data"
         " cn2Label=Action cn2=1 cn3Label=Channel cn3=9 fname=$f "
         "filePath=E:\\\\export\\\\2026\\\\Q4\\\\ fsize=$d"
         " fileHash=$s cs1Label=Product_Entity/Endpoint cs1=$h cs2Label=Destination cs2=Removable "
         "storage, volume $x"
         " msg=$n records deviceFacility=Data Loss Prevention devicePayloadId=$g",
    APEX "700107|Device Access Control|3|deviceExternalId=$d rt=$t "
         "cs1Label=Product_Entity/Endpoint cs1=$h shost=$h"
         " src=$i dvchost=$v cn1Label=Product cn1=15 sproc=C:\\\\Windows\\\\explorer.exe "
         "fname=F:\\\\private\\\\$f"
         " cn2Label=Device_Type cn2=0 cn3Label=Permission cn3=3 duser=$u cs2Label=Device_ID"
         " cs2=USB\\\\VID_0781&PID_5581\\\\$x$x cs3Label=Operation cs3=Write" APEX_TAIL,
    APEX
    "800101|Pattern Update Status|3|deviceExternalId=$d rt=$t shost=$h cs1Label=Operating_System"
    " cs1=Windows 10 Enterprise cs2Label=Product/Endpoint_IP cs2=$i cs3Label=Update_Agent cs3=0 "
    "cs4Label=Domain"
    " cs4=Default cn1Label=Connection_Status cn1=1 cn2Label=Pattern/Rule cn2=2048"
    " cs5Label=Pattern/Rule_Version cs5=19.$n01.00 cn3Label=Pattern/Rule_Status cn3=1 "
    "cs6Label=AUComponent_Type"
    " cs6=2 msg=Smart Scan Agent Pattern dvchost=$v" APEX_TAIL,
    APEX
    "800102|Engine Update Status|3|deviceExternalId=$d rt=$t shost=$h cs1Label=Operating_System"
    " cs1=Windows Server 2022 cs2Label=Product/Endpoint_IP cs2=$i cn1Label=Connection_Status cn1=1 "
    "cn2Label=Engine"
    " cn2=4096 cs5Label=Engine_Version cs5=22.590.1004 cn3Label=Engine_Status cn3=1 "
    "cs6Label=AUComponent_Type"
    " cs6=1 cs4Label=Domain cs4=Default msg=Virus Scan Engine (Windows XP/Server 2003 or later, "
    "x64)"
    " dvchost=$v" APEX_TAIL,
    APEX "EAC:1|Endpoint Application Control Violation Information|3|deviceExternalId=$d rt=$t "
         "cs1Label=Version"
         " cs1=1.299.00 suser=$u cs2Label=Client_IP cs2=$i"
         " cn1Label=Connection_Status cn1=2 fileHash=$s fname=$f cs3Label=Command"
         " cs3=C:\\\\Users\\\\$x\\\\AppData\\\\Roaming\\\\$f"
         " cs4Label=Rule cs4=Unsigned executable in a user profile cs5Label=Policy"
         " cs5=Workstations lockdown (assessment) act=Blocked dhost=$h duser=$u cnt=$n"
         " deviceFacility=Trend Micro Endpoint Application Control devicePayloadId=$g",
    AGENT
    "4000000|$m|6|cn1=$d cn1Label=Host ID dvchost=$h cn2=205 cn2Label=Quarantine File Size"
    " filePath=C:\\\\Users\\\\Public\\\\Desktop\\\\$f act=Quarantine result=Quarantined"
    " msg=Realtime TrendMicroDsMalwareTarget=N/A TrendMicroDsMalwareTargetType=N/A "
    "TrendMicroDsFileSHA1=$s"
    " TrendMicroDsFileMD5=$x$x$x$x TrendMicroDsDetectionConfidence=95 TrendMicroDsTenant=Primary"
    " TrendMicroDsTenantId=0 TrendMicroDsRelevantDetectionNames=$m;Ransom_CERBER.C rt=$t",
    AGENT "1001111|SMB Server Trans2 Remote Code Execution Vulnerability (CVE-2017-0144)|8|cn1=$d "
          "cn1Label=Host ID"
          " dvchost=$h dmac=00:50:56:F5:7F:47 smac=00:0C:29:EB:35:DE TrendMicroDsFrameType=IP "
          "src=$e dst=$i out=1093"
          " cs3=DF MF cs3Label=Fragmentation Bits proto=TCP spt=$o dpt=445 cs2=0x00 ACK PSH "
          "cs2Label=TCP Flags"
          " cnt=$n act=IDS:Reset cn3=10 cn3Label=Intrusion Prevention Packet Position"
          " TrendMicroDsPacketData=R0VUIC9zP3$x rt=$t",
    AGENT
    "20|Log for TCP Port 3389|0|cn1=$d cn1Label=Host ID dvchost=$h act=Deny dmac=00:50:56:F5:7F:47"
    " smac=00:0C:29:EB:35:DE TrendMicroDsFrameType=IP src=$e dst=$i out=1019 cs3=DF MF"
    " cs3Label=Fragmentation Bits proto=TCP spt=$o dpt=3389 cs2=0x00 ACK PSH cs2Label=TCP Flags "
    "cnt=$n"
    " TrendMicroDsPacketData=$x$x$x$x$x$x rt=$t"
    " cs1Label=Reason cs1=Default inbound restriction for servers in the branch offices",
    AGENT "2002779|Microsoft Windows - System file modified|6|cn1=$d cn1Label=Host ID dvchost=$h "
          "act=updated"
          " filePath=c:\\\\windows\\\\system32\\\\drivers\\\\etc\\\\hosts suser=$u "
          "msg=lastModified,sha1,size"
          " sproc=C:\\\\Windows\\\\System32\\\\notepad.exe rt=$t"
          " cs1Label=Rule Tags cs1=System files, Operating system, Persistence cs2Label=Previous "
          "Hash cs2=$s"
          " cs3Label=Current Hash cs3=$s cn2Label=Rank cn2=25",
    MANAGER "704|Activated|3|src=$i suser=System target=$h (10.0.0.$n) msg=Description: The agent "
            "was activated and its"
            " policy was assigned.\\nPolicy: Windows Server 2022\\nRelay group: Primary site "
            "TrendMicroDsTenant=Primary"
            " TrendMicroDsTenantId=0 TrendMicroDsReasonId=0 rt=$t cs1Label=Computer Group"
            " cs1=Computers > Data centre > Production > Finance cs2Label=Requested By cs2=$u "
            "cs3Label=Session cs3=$g"
            " request=https://$v:4119/rest/computers/$d",
    MANAGER
    "600|User Signed In|3|src=$i suser=$u target=$u msg=User signed in from $i by local password, "
    "role Full"
    " Access (read only, custom role of the night shift)"
    " requestClientApplication=Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 rt=$t"
    " cs1Label=Session cs1=$x$x$x$x outcome=Success cs2Label=Browser Language "
    "cs2=zh-CN,zh;q\\=0.9,en;q\\=0.8",
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static const char *const malware[] = {"Eicar_test_file",          "TROJ_GEN.R002C0DKA21",
                                      "PUA.Win32.InstallCore.D",  "Ransom.Win32.LOCKBIT.YXCGD",
                                      "BKDR_COBEACON.SMA",        "Worm.Win32.RETADUP.A",
                                      "TSPY_EMOTET.THOIBEAI",     "HKTL_MIMIKATZ64.A",
                                      "JS_EXPLOIT.SMDN",          "WORM_DOWNAD.AD",
                                      "Coinminer.Win64.TOOLXMR.B"};
static const char *const files[] = {"invoice_2026.docm", "setup_patch.exe", "svchost32.exe",
                                    "report-final.xlsx", "update.js",       "photo.scr",
                                    "loader.dll",        "winpatch.msi"};
static const char *const users[] = {
    "ACME\\\\jsmith",   "ACME\\\\mgarcia",    "CORP\\\\anna.kowalski", "ACME\\\\administrator",
    "CORP\\\\t.nguyen", "ACME\\\\helpdesk02", "CORP\\\\l.rossi",       "ACME\\\\svc-backup"};
static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* splitmix64: small, and good enough that no two lines look alike. */
static uint64_t random_state;
static uint32_t random_below(uint32_t n)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)(((z ^ (z >> 31)) >> 32) * n >> 32);
}

/* What stays the same within one line. */
struct facts {
    struct tm time;
    uint32_t host, server;
    const char *malware, *file, *user;
};

#define PICK(list) (list)[random_below(sizeof(list) / sizeof *(list))]

static int put_hex(char *p, int groups)
{
    int n = 0;
    while (groups-- > 0)
        n += sprintf(p + n, "%08X", random_below(UINT32_MAX));
    return n;
}

static int put_variable(char *p, char variable, const struct facts *facts)
{
    const struct tm *t = &facts->time;
    switch (variable) {
    case 't':
        return sprintf(p, "%.3s %02d %04d %02d:%02d:%02d GMT+00:00", month_names + 3 * t->tm_mon,
                       t->tm_mday, t->tm_year + 1900, t->tm_hour, t->tm_min, t->tm_sec);
    case 'h':
        return sprintf(p, "WKS-%s-%05u", facts->host % 3 ? "FIN" : "ENG", facts->host);
    case 'i':
        return sprintf(p, "10.%u.%u.%u", facts->host >> 16 & 255, facts->host >> 8 & 255,
                       facts->host & 255);
    case 'e':
        return sprintf(p, "203.0.113.%u", 1 + random_below(254));
    case 'u':
        return sprintf(p, "%s", facts->user);
    case 'm':
        return sprintf(p, "%s", facts->malware);
    case 'f':
        return sprintf(p, "%s", facts->file);
    case 'p':
        return sprintf(p, "%u", 1800000 + random_below(99999));
    case 'n':
        return sprintf(p, "%u", 1 + random_below(9));
    case 'd':
        return sprintf(p, "%u", 100000 + random_below(900000));
    case 'o':
        return sprintf(p, "%u", 1024 + random_below(60000));
    case 's':
        return put_hex(p, 5);
    case 'x':
        return put_hex(p, 1);
    case 'v':
        return sprintf(p, "APEX%02u", facts->server);
    case 'g': {
        int n = put_hex(p, 1);
        for (int i = 0; i < 4; i++)
            n += sprintf(p + n, "%s%04X", i ? "-" : "", random_below(65536));
        return n;
    }
    default:
        fprintf(stderr, "gen_cef: no variable $%c\n", variable);
        exit(1);
    }
}

static int put_line(char *p, uint64_t k, time_t when, uint32_t hosts)
{
    struct facts facts = {.host = 1 + random_below(hosts), .server = 1 + random_below(4)};
    char *start = p;
    gmtime_r(&when, &facts.time);
    facts.malware = PICK(malware);
    facts.file = PICK(files);
    facts.user = PICK(users);
    const struct tm *t = &facts.time;
    p += sprintf(p, "<%u>%.3s %2d %02d:%02d:%02d apexcentral%02u ", 128 + (unsigned)(k & 7),
                 month_names + 3 * t->tm_mon, t->tm_mday, t->tm_hour, t->tm_min, t->tm_sec,
                 facts.server);
    for (const char *s = shapes[k % SHAPES]; *s; s++) {
        if (*s == '$')
            p += put_variable(p, *++s, &facts);
        else
            *p++ = *s;
    }
    *p++ = '\n';
    return (int)(p - start);
}

int main(int argc, char **argv)
{
    static char line[8192], out[1 << 20];
    unsigned long long lines = 1000000, seed = 0, per_second = 500;
    uint32_t hosts = 3000;
    long long begin = 1793836800; /* 2026-11-05 00:00:00 UTC */
    int option;
    while ((option = getopt(argc, argv, "n:s:b:r:H:")) != -1) {
        switch (option) {
        case 'n':
            lines = strtoull(optarg, NULL, 10);
            break;
        case 's':
            seed = strtoull(optarg, NULL, 10);
            break;
        case 'b':
            begin = strtoll(optarg, NULL, 10);
            break;
        case 'r':
            per_second = strtoull(optarg, NULL, 10);
            break;
        case 'H':
            hosts = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        default:
            return 2;
        }
    }
    if (per_second == 0 || hosts == 0)
        return 2;
    random_state = seed * 0xd1342543de82ef95u + 1;
    setvbuf(stdout, out, _IOFBF, sizeof out);
    for (uint64_t k = 0; k < lines; k++) {
        int n = put_line(line, k, (time_t)(begin + (long long)(k / per_second)), hosts);
        if (fwrite(line, 1, (size_t)n, stdout) != (size_t)n)
            return 1;
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
