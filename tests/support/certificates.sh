#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Certificates for tests, good ones and every kind that must be refused:
#
#   sh certificates.sh FOLDER
#
# makes in FOLDER: ca.pem; crl.pem, of ca-crl.pem and between-crl.pem; other-ca.pem; NAME.pem and
# NAME.key for each name below; chain.pem, issued by a CA between; encrypted.key, server's key with
# a passphrase. NAME.pem has the common name NAME.example.net. Fails with what openssl said.
set -eu
umask 077
mkdir -p "$1"
cd "$1"
exec 3>&1 >openssl.log 2>&1
trap 'status=$?; [ $status -eq 0 ] || cat openssl.log >&3' EXIT

cat >ca.conf <<'END'
[ca]
default_ca = main
[main]
database = ca.index
serial = ca.serial
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
default_md = sha256
default_crl_days = 30
policy = any
unique_subject = no
x509_extensions = leaf
[any]
commonName = supplied
[req]
distinguished_name = none
prompt = no
[none]
CN = none
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
END
: >ca.index
echo 1000 >ca.serial

# Of an elliptic curve: made in a moment.
key()
{
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"
}

root()
{
    key "$1"
    openssl req -x509 -new -key "$1.key" -config ca.conf -extensions root -days 100 \
        -subj "/CN=Test root $1" -out "$1.pem"
}

# issue NAME SUBJECT-ALTERNATIVE-NAMES [OPTION-OF-OPENSSL-CA...]: "" for no names.
issue()
{
    name=$1
    {
        echo '[leaf]'
        echo 'basicConstraints = CA:FALSE'
        [ -z "$2" ] || echo "subjectAltName = $2"
        [ -z "${usage:-}" ] || echo "extendedKeyUsage = $usage"
        [ -z "${names:-}" ] || printf '[names]\n%s\n' "$names"
    } >leaf.conf
    shift 2
    [ -f "$name.key" ] || key "$name"
    openssl req -new -key "$name.key" -config ca.conf -subj "/CN=$name.example.net" -out leaf.csr
    openssl ca -batch -config ca.conf -extfile leaf.conf -extensions leaf -in leaf.csr \
        -notext -days 90 -out "$name.pem" "$@"
}

root ca
root other-ca

issue server 'DNS:server.example.net, DNS:localhost, IP:127.0.0.1, IP:::1'
issue client 'DNS:client.example.net'
issue second 'DNS:second.example.net'
issue spare 'DNS:spare.example.net, DNS:localhost'
issue expired 'DNS:client.example.net' -startdate 20200101000000Z -enddate 20210101000000Z
issue early 'DNS:client.example.net' -startdate 20480101000000Z -enddate 20490101000000Z
issue ending 'DNS:client.example.net' -days 3
issue revoked 'DNS:client.example.net'
issue wrong 'DNS:elsewhere.example.org'
issue nameless ''
issue address 'IP:192.0.2.7, IP:2001:db8::7'
issue addresstext 'DNS:192.0.2.7'
issue wild 'DNS:*.example.net'
issue wide 'DNS:*.net'
issue widest 'DNS:*'
issue partial 'DNS:c*.example.net'
issue inner 'DNS:client.*.net'
# SEQUENCE { [2] "client.example.net" NUL ".example.org" }
issue nul "DER:30:21:82:1f:63:6c:69:65:6e:74:2e:65:78:61:6d:70:6c:65:2e:6e:65:74:00:2e:65:78:61:6d\
:70:6c:65:2e:6f:72:67"
names="$(awk 'BEGIN { for (i = 1; i < 1000; i++) print "DNS." i " = h" i ".example.net"
    print "DNS.1000 = client.example.net" }')" issue many @names
names="$(awk 'BEGIN { for (i = 1; i < 1000; i++)
    print "DNS." i " = a-rather-long-name-of-a-host-" i ".example.net" }')" issue long @names
usage=serverAuth issue serveronly 'DNS:client.example.net'
usage=clientAuth issue clientonly 'DNS:client.example.net'
openssl genrsa -out weak.key 1024
issue weak 'DNS:client.example.net'

# Of another CA, of itself, of a CA between that the root issued.
issue unknown 'DNS:client.example.net' -cert other-ca.pem -keyfile other-ca.key
key self
openssl req -x509 -new -key self.key -config ca.conf -days 90 -subj /CN=self.example.net \
    -addext subjectAltName=DNS:client.example.net -out self.pem
key between
openssl req -new -key between.key -config ca.conf -subj '/CN=Test CA between' -out leaf.csr
openssl ca -batch -config ca.conf -extfile ca.conf -extensions root -in leaf.csr -notext \
    -days 90 -out between.pem
issue chain 'DNS:client.example.net' -cert between.pem -keyfile between.key
cat between.pem >>chain.pem

openssl ca -config ca.conf -revoke revoked.pem
openssl ca -config ca.conf -gencrl -out ca-crl.pem
openssl ca -config ca.conf -gencrl -crl_lastupdate 20200101000000Z \
    -crl_nextupdate 20200201000000Z -out old-crl.pem
openssl ca -config ca.conf -gencrl -cert between.pem -keyfile between.key -out between-crl.pem
cat ca-crl.pem between-crl.pem >crl.pem
openssl pkey -in server.key -aes-128-cbc -passout pass:secret -out encrypted.key
cat server.pem server.key >both.pem
openssl x509 -in client.pem -noout -fingerprint -sha256 >client.print
openssl x509 -in self.pem -noout -fingerprint -sha256 >self.print
openssl x509 -in expired.pem -noout -fingerprint -sha256 >expired.print
