/* What PKCS#11 wants to know of an X.509 certificate (RFC 5280 4.1): names, serial number, and whose key it is for. */
#include <string.h>

#include "gmpki/sm3.h"
#include "sm2/der.h"
#include "softtoken/p11_object.h"

enum { DER_BIT_STRING = 0x03, DER_OID = 0x06, DER_VERSION = 0xA0, POINT_LEN = 64 };

/* Read an element and give it whole, with its header. */
static int read_whole(der_input *in, uint8_t tag, st_p11_bytes *whole) {
    der_input contents;
    const uint8_t *start = in->data;
    if (!der_read(in, tag, &contents)) {
        return 0;
    }
    *whole = (st_p11_bytes){start, (size_t)(in->data - start)};
    return 1;
}

static int is_oid(const der_input *oid, const void *expected, size_t len) {
    return oid->len == len && memcmp(oid->data, expected, len) == 0;
}

/* The x, y or the modulus of SubjectPublicKeyInfo: what st_p11_mark hashes. 0 for another kind of key. */
static int read_key(der_input *spki, st_p11_bytes *key) {
    static const uint8_t ec[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01};              /* 1.2.840.10045.2.1 */
    static const uint8_t sm2[] = {0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x82, 0x2D};       /* 1.2.156.10197.1.301 */
    static const uint8_t rsa[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01}; /* 1.2.840.113549.1.1.1 */
    der_input algorithm, oid, parameters, bits, sequence, modulus;
    if (!der_read(spki, DER_SEQUENCE, &algorithm) || !der_read(&algorithm, DER_OID, &oid) ||
        !der_read(spki, DER_BIT_STRING, &bits) || bits.len < 2 || bits.data[0] != 0) {
        return 0;
    }
    if (is_oid(&oid, ec, sizeof ec)) {
        *key = (st_p11_bytes){bits.data + 2, bits.len - 2};
        return der_read(&algorithm, DER_OID, &parameters) && is_oid(&parameters, sm2, sizeof sm2) &&
               bits.len == 2 + POINT_LEN && bits.data[1] == 0x04;
    }
    bits.data++;
    bits.len--;
    if (!is_oid(&oid, rsa, sizeof rsa) || !der_read(&bits, DER_SEQUENCE, &sequence) ||
        !der_read(&sequence, DER_INTEGER, &modulus)) {
        return 0;
    }
    while (modulus.len > 0 && modulus.data[0] == 0) {
        modulus.data++;
        modulus.len--;
    }
    *key = (st_p11_bytes){modulus.data, modulus.len};
    return modulus.len != 0;
}

CK_RV st_p11_certificate_read(st_p11_certificate *certificate, const uint8_t *der, size_t len) {
    der_input in = {der, len};
    der_input whole, tbs, skipped, spki;
    st_p11_bytes key;
    uint8_t digest[GMPKI_SM3_DIGEST_LEN];
    memset(certificate, 0, sizeof *certificate);
    if (!der_read(&in, DER_SEQUENCE, &whole) || in.len != 0 || !der_read(&whole, DER_SEQUENCE, &tbs)) {
        return CKR_ATTRIBUTE_VALUE_INVALID;
    }
    if (tbs.len > 0 && tbs.data[0] == DER_VERSION && !der_read(&tbs, DER_VERSION, &skipped)) {
        return CKR_ATTRIBUTE_VALUE_INVALID;
    }
    if (!read_whole(&tbs, DER_INTEGER, &certificate->serial) || !der_read(&tbs, DER_SEQUENCE, &skipped) ||
        !read_whole(&tbs, DER_SEQUENCE, &certificate->issuer) || !der_read(&tbs, DER_SEQUENCE, &skipped) ||
        !read_whole(&tbs, DER_SEQUENCE, &certificate->subject) || !der_read(&tbs, DER_SEQUENCE, &spki)) {
        return CKR_ATTRIBUTE_VALUE_INVALID;
    }
    if (!read_key(&spki, &key)) {
        return CKR_OK;
    }
    if (gmpki_sm3_hash(digest, key.data, key.len) != GMPKI_OK) {
        return CKR_FUNCTION_FAILED;
    }
    certificate->has_mark = 1;
    memcpy(certificate->mark, digest, sizeof certificate->mark);
    return CKR_OK;
}

CK_RV st_p11_set_certificate_names(st_p11_attributes *set, const st_p11_certificate *certificate) {
    CK_RV rv = st_p11_set(set, CKA_SUBJECT, certificate->subject.data, certificate->subject.len);
    if (rv == CKR_OK) {
        rv = st_p11_set(set, CKA_ISSUER, certificate->issuer.data, certificate->issuer.len);
    }
    if (rv == CKR_OK) {
        rv = st_p11_set(set, CKA_SERIAL_NUMBER, certificate->serial.data, certificate->serial.len);
    }
    return rv;
}
