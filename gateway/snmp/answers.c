/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Responses that wait for the disk: a queue with a bound in bytes. */
#include "gateway/snmp/answers.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <stdatomic.h>
#include <stdlib.h>

#include "gateway/base/arena.h"

struct answer {
    struct answer *next;
    uint64_t sequence;
    size_t bytes;
    netsnmp_pdu *pdu;
};

struct gwsnmp_answers {
    struct answer *first, **last;
    size_t bytes;
    _Atomic bool wait;
};

struct gwsnmp_answers *gwsnmp_answers_new(void)
{
    struct gwsnmp_answers *answers = gw_alloc(sizeof *answers);
    answers->last = &answers->first;
    return answers;
}

void gwsnmp_answers_free(struct gwsnmp_answers *answers)
{
    netsnmp_pdu *pdu;
    if (!answers)
        return;
    while ((pdu = gwsnmp_answers_take(answers, UINT64_MAX)))
        snmp_free_pdu(pdu);
    free(answers);
}

/* Names and values are in the varbind itself, or a little longer. */
static size_t bytes_of(const netsnmp_pdu *pdu)
{
    size_t n = sizeof(struct answer) + sizeof *pdu;
    for (const netsnmp_variable_list *v = pdu->variables; v; v = v->next_variable)
        n += sizeof *v + v->val_len;
    return n;
}

bool gwsnmp_answers_have_room(const struct gwsnmp_answers *answers, const netsnmp_pdu *inform)
{
    return !answers->first || answers->bytes + bytes_of(inform) <= GWSNMP_ANSWERS_BYTES_MAX;
}

void gwsnmp_answers_put(struct gwsnmp_answers *answers, netsnmp_pdu *response, uint64_t sequence)
{
    struct answer *answer = gw_alloc(sizeof *answer);
    *answer = (struct answer){.sequence = sequence, .bytes = bytes_of(response), .pdu = response};
    *answers->last = answer;
    answers->last = &answer->next;
    answers->bytes += answer->bytes;
    atomic_store(&answers->wait, true);
}

netsnmp_pdu *gwsnmp_answers_take(struct gwsnmp_answers *answers, uint64_t committed)
{
    struct answer *answer = answers->first;
    if (!answer || answer->sequence > committed)
        return NULL;
    netsnmp_pdu *pdu = answer->pdu;
    answers->first = answer->next;
    answers->bytes -= answer->bytes;
    free(answer);
    if (!answers->first) {
        answers->last = &answers->first;
        atomic_store(&answers->wait, false);
    }
    return pdu;
}

bool gwsnmp_answers_wait(const struct gwsnmp_answers *answers)
{
    return atomic_load(&answers->wait);
}
