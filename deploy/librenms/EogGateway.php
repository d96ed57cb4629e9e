<?php

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All notifications of EOG-GATEWAY-MIB: a line of the event log with the state's severity. */

namespace LibreNMS\Snmptrap\Handlers;

use App\Models\Device;
use LibreNMS\Enum\Severity;
use LibreNMS\Interfaces\SnmptrapHandler;
use LibreNMS\Snmptrap\Trap;

class EogGateway implements SnmptrapHandler
{
    public function handle(Device $device, Trap $trap)
    {
        $value = fn ($name) => (string) $trap->getOidData((string) $trap->findOid("EOG-GATEWAY-MIB::eogNotify$name."));
        $what = preg_replace('/^.*::eog/', '', (string) $trap->getTrapOid());
        $state = $value('NewState');
        // By name, or by number when snmptrapd prints numbers.
        [$word, $severity] = match ($state) {
            'ok', '0' => ['ok', Severity::Ok],
            'warning', '1' => ['warning', Severity::Warning],
            'critical', '2' => ['critical', Severity::Error],
            default => ['unknown', Severity::Notice],
        };
        if ($what === 'AlertAcknowledged') {
            $severity = Severity::Info;
        }
        $parts = array_filter([$value('ValueText'), $value('Reason'), $value('Person'), $value('Note')], 'strlen');
        $trap->log("$what: {$value('KpiKey')} {$value('Scope')} is $word" . ($parts ? ': ' . implode(', ', $parts) : ''), $severity);
    }
}
