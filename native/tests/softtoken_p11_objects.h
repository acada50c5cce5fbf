/* Tests of objects: where they land, who sees them, what may be read and changed. */
#ifndef GMPKI_TESTS_SOFTTOKEN_P11_OBJECTS_H
#define GMPKI_TESTS_SOFTTOKEN_P11_OBJECTS_H

#include "gmpki/sm2.h"
#include "softtoken_p11_support.h"

/* ---- a certificate to put beside a key: built here, as no other test data has this key ---- */

static size_t put(uint8_t *out, uint8_t tag, const uint8_t *contents, size_t len) {
    size_t header = len < 128 ? 2 : 3;
    out[0] = tag;
    out[1] = len < 128 ? (uint8_t)len : 0x81;
    if (header == 3) {
        out[2] = (uint8_t)len;
    }
    memmove(out + header, contents, len);
    return header + len;
}

/* A certificate of 200-odd bytes for a point: its signature does not hold, which no token looks at. */
static size_t make_certificate(uint8_t out[512], const uint8_t point[64]) {
    static const char *before = "a003020102"                   /* version 3 */
                                "020105"                       /* serial number */
                                "300a06082a811ccf55018375"     /* SM2 with SM3 */
                                "300c310a300806035504030c0161" /* CN=a */
                                "301e170d3236303130313030303030305a170d3336303130313030303030305a"
                                "300c310a300806035504030c0162" /* CN=b */
                                "3059301306072a8648ce3d020106082a811ccf5501822d03420004";
    uint8_t tbs[512], whole[512];
    size_t len = unhex(tbs, before);
    memcpy(tbs + len, point, 64);
    len = put(whole, 0x30, tbs, len + 64);
    len += unhex(whole + len, "300a06082a811ccf55018375"
                              "03020000");
    return put(out, 0x30, whole, len);
}

static void read_point(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, uint8_t point[64]) {
    uint8_t encoded[67];
    CHECK(attribute(session, key, CKA_EC_POINT, encoded, sizeof encoded) == sizeof encoded);
    CHECK(equals_hex(encoded, 3, "044104"));
    memcpy(point, encoded + 3, 64);
}

/* ---- pairs ------------------------------------------------------------------------------- */

static void test_pairs_in_containers(void) {
    CK_SLOT_ID slot;
    CK_OBJECT_HANDLE public_key, private_key, second_public, second_private;
    CK_ULONG type = 0;
    uint8_t value[64], id[8], label[8];
    CK_SESSION_HANDLE session = begin_token(&slot);
    st_device *device = NULL;
    uint32_t application, container;
    st_container_info info;
    sm2_pair(session, 1, &public_key, &private_key);
    CHECK(attribute(session, private_key, CKA_KEY_TYPE, &type, sizeof type) == sizeof type && type == CKK_GMPKI_SM2);
    CHECK(attribute(session, public_key, CKA_ID, id, sizeof id) == 2 && memcmp(id, "\x01\x02", 2) == 0);
    CHECK(attribute(session, private_key, CKA_VALUE, value, sizeof value) == SIZE_MAX);
    CHECK(flag_of(session, private_key, CKA_SENSITIVE) == 1 && flag_of(session, private_key, CKA_EXTRACTABLE) == 0);
    CHECK(flag_of(session, private_key, CKA_LOCAL) == 1 && flag_of(session, private_key, CKA_PRIVATE) == 1);
    CHECK(flag_of(session, private_key, CKA_ALWAYS_AUTHENTICATE) == 0);
    /* the same name again: the second pair of the container, then another container */
    sm2_pair(session, 1, &second_public, &second_private);
    CHECK(st_device_open(serial, &device) == ST_OK);
    CHECK(st_application_find(device, APPLICATION, &application) == ST_OK);
    CHECK(st_container_find(device, application, "con1", &container) == ST_OK);
    CHECK(st_container_get_info(device, application, container, &info) == ST_OK);
    CHECK(info.kind == ST_SM2 && info.key_kind[ST_SIGNING] == ST_SM2 && info.key_kind[ST_ENCRYPTION] == ST_SM2);
    sm2_pair(session, 1, &second_public, &second_private);
    CHECK(st_container_find(device, application, "con1-2", &container) == ST_OK);
    CHECK(find(session, NULL, 0, NULL) == 6);
    /* what the objects are called outlives the module */
    OK(C_Finalize, NULL);
    OK(C_Initialize, NULL);
    session = open_session(slot_at(0), CKF_RW_SESSION);
    CHECK(find(session, NULL, 0, NULL) == 3); /* nobody logged in: the public keys */
    CHECK(log_in(session, CKU_USER, USER_PIN) == CKR_OK);
    CK_ATTRIBUTE wanted[] = {TEXT(CKA_ID, "\x01\x02"), TEXT(CKA_LABEL, "con1")};
    CHECK(find(session, wanted, COUNT(wanted), &public_key) == 6);
    CHECK(attribute(session, public_key, CKA_LABEL, label, sizeof label) == 4);
    /* a private key that goes leaves its public key behind; an empty container goes too */
    CK_OBJECT_CLASS class_private = CKO_PRIVATE_KEY, class_public = CKO_PUBLIC_KEY;
    CK_ATTRIBUTE privates[] = {VALUE(CKA_CLASS, class_private)}, publics[] = {VALUE(CKA_CLASS, class_public)};
    while (find(session, privates, 1, &private_key) != 0) {
        OK(C_DestroyObject, session, private_key);
    }
    CHECK(st_container_find(device, application, "con1", &container) == ST_ERR_NO_CONTAINER);
    CHECK(find(session, publics, 1, &public_key) == 3);
    OK(C_DestroyObject, session, public_key);
    FAILS(CKR_OBJECT_HANDLE_INVALID, C_DestroyObject, session, public_key);
    CHECK(find(session, publics, 1, NULL) == 2);
    st_device_close(device);
    end_token();
}

static void test_certificates(void) {
    CK_SLOT_ID slot;
    CK_OBJECT_HANDLE public_key, private_key, certificate, other;
    CK_OBJECT_CLASS class_certificate = CKO_CERTIFICATE;
    CK_CERTIFICATE_TYPE x509 = CKC_X_509;
    uint8_t point[64], der[512], read[512];
    uint32_t application, container;
    size_t len = sizeof read;
    st_device *device = NULL;
    CK_SESSION_HANDLE session = begin_token(&slot);
    sm2_pair(session, 1, &public_key, &private_key);
    read_point(session, public_key, point);
    size_t der_len = make_certificate(der, point);
    CK_ATTRIBUTE given[] = {VALUE(CKA_CLASS, class_certificate), VALUE(CKA_CERTIFICATE_TYPE, x509), YES(CKA_TOKEN),
                            BYTES(CKA_VALUE, der, der_len)};
    OK(C_CreateObject, session, given, COUNT(given), &certificate);
    CHECK(attribute(session, certificate, CKA_VALUE, read, sizeof read) == der_len && memcmp(read, der, der_len) == 0);
    CHECK(attribute(session, certificate, CKA_ID, read, sizeof read) == 2 && memcmp(read, "\x01\x02", 2) == 0);
    CHECK(attribute(session, certificate, CKA_SUBJECT, read, sizeof read) == 14 &&
          equals_hex(read, 14, "300c310a300806035504030c0162"));
    CHECK(attribute(session, certificate, CKA_SERIAL_NUMBER, read, sizeof read) == 3 && equals_hex(read, 3, "020105"));
    /* SKF finds it in the container */
    CHECK(st_device_open(serial, &device) == ST_OK);
    CHECK(st_application_find(device, APPLICATION, &application) == ST_OK);
    CHECK(st_container_find(device, application, "con1", &container) == ST_OK);
    CHECK(st_certificate_get(device, application, container, ST_SIGNING, read, &len) == ST_OK && len == der_len);
    /* a second one for the same key is an object of its own */
    OK(C_CreateObject, session, given, COUNT(given), &other);
    CHECK(other != certificate && find(session, given, 1, NULL) == 2);
    OK(C_DestroyObject, session, other);
    OK(C_DestroyObject, session, private_key); /* the certificate stays */
    CHECK(find(session, given, COUNT(given), &certificate) == 1);
    OK(C_DestroyObject, session, certificate);
    CHECK(find(session, given, 1, NULL) == 0);
    der[0] = 0x31;
    FAILS(CKR_ATTRIBUTE_VALUE_INVALID, C_CreateObject, session, given, COUNT(given), &other);
    FAILS(CKR_TEMPLATE_INCOMPLETE, C_CreateObject, session, given, COUNT(given) - 1, &other);
    for (size_t cut = 0; cut < der_len; cut++) { /* every beginning of a certificate is none */
        CK_ATTRIBUTE part[] = {VALUE(CKA_CLASS, class_certificate), VALUE(CKA_CERTIFICATE_TYPE, x509),
                               BYTES(CKA_VALUE, der, cut)};
        der[0] = 0x30;
        FAILS(CKR_ATTRIBUTE_VALUE_INVALID, C_CreateObject, session, part, COUNT(part), &other);
    }
    st_device_close(device);
    end_token();
}

/* ---- generic objects --------------------------------------------------------------------- */

static void test_generic_objects(void) {
    CK_SLOT_ID slot;
    CK_OBJECT_HANDLE data, copied, key;
    CK_OBJECT_CLASS class_data = CKO_DATA;
    CK_ULONG size = 0;
    uint8_t read[64];
    CK_SESSION_HANDLE session = begin_token(&slot), reader = open_session(slot, 0);
    CK_ATTRIBUTE given[] = {VALUE(CKA_CLASS, class_data), YES(CKA_TOKEN), YES(CKA_PRIVATE), TEXT(CKA_LABEL, "note"),
                            TEXT(CKA_VALUE, "hello")};
    CK_ATTRIBUTE renamed[] = {TEXT(CKA_LABEL, "renamed")}, in_session[] = {NO(CKA_TOKEN)};
    FAILS(CKR_SESSION_READ_ONLY, C_CreateObject, reader, given, COUNT(given), &data);
    OK(C_CreateObject, session, given, COUNT(given), &data);
    OK(C_GetObjectSize, session, data, &size);
    CHECK(size > 5);
    OK(C_SetAttributeValue, session, data, renamed, 1);
    FAILS(CKR_SESSION_READ_ONLY, C_SetAttributeValue, reader, data, given + 3, 1);
    FAILS(CKR_SESSION_READ_ONLY, C_DestroyObject, reader, data);
    OK(C_CopyObject, session, data, in_session, 1, &copied);
    CHECK(flag_of(session, copied, CKA_TOKEN) == 0 && attribute(session, copied, CKA_VALUE, read, 64) == 5);
    OK(C_Logout, session);
    FAILS(CKR_OBJECT_HANDLE_INVALID, C_GetObjectSize, session, data, &size); /* private: not to be seen */
    CHECK(find(session, NULL, 0, NULL) == 0);
    FAILS(CKR_USER_NOT_LOGGED_IN, C_CreateObject, session, given, COUNT(given), &data);
    OK(C_CloseSession, reader);
    CHECK(log_in(session, CKU_SO, ADMIN_PIN) == CKR_OK);
    CHECK(find(session, NULL, 0, NULL) == 0); /* nor by the administrator */
    OK(C_Logout, session);
    CHECK(log_in(session, CKU_USER, USER_PIN) == CKR_OK);
    CHECK(find(session, renamed, 1, &data) == 1);
    OK(C_DestroyObject, session, data);
    /* a secret key on the token */
    CK_MECHANISM generation = {CKM_AES_KEY_GEN, NULL, 0};
    CK_ULONG len = 32;
    CK_ATTRIBUTE aes[] = {YES(CKA_TOKEN), VALUE(CKA_VALUE_LEN, len), TEXT(CKA_LABEL, "aes")};
    OK(C_GenerateKey, session, &generation, aes, COUNT(aes), &key);
    OK(C_Finalize, NULL);
    OK(C_Initialize, NULL);
    session = open_session(slot_at(0), CKF_RW_SESSION);
    CHECK(log_in(session, CKU_USER, USER_PIN) == CKR_OK);
    CHECK(find(session, aes, COUNT(aes), &key) == 1);
    CHECK(attribute(session, key, CKA_VALUE, read, sizeof read) == SIZE_MAX);
    CHECK(flag_of(session, key, CKA_NEVER_EXTRACTABLE) == 1 && flag_of(session, key, CKA_ALWAYS_SENSITIVE) == 1);
    end_token();
}

/* ---- another process at the same device --------------------------------------------------- */

static void test_changes_from_outside(void) {
    CK_SLOT_ID slot;
    CK_OBJECT_HANDLE first, again;
    st_public_key key;
    uint32_t application, container;
    st_device *device = NULL;
    uint8_t label[64];
    CK_SESSION_HANDLE session = begin_token(&slot);
    CK_OBJECT_CLASS class_private = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE privates[] = {VALUE(CKA_CLASS, class_private)};
    CHECK(st_device_open(serial, &device) == ST_OK);
    CHECK(st_application_find(device, APPLICATION, &application) == ST_OK);
    CHECK(st_pin_verify(device, application, ST_USER, USER_PIN, NULL) == ST_OK);
    CHECK(st_container_create(device, application, "made-by-skf", &container) == ST_OK);
    CHECK(st_key_generate_sm2(device, application, container, ST_SIGNING, &key) == ST_OK);
    CHECK(find(session, privates, 1, &first) == 1);
    CHECK(attribute(session, first, CKA_LABEL, label, sizeof label) == 11 && memcmp(label, "made-by-skf", 11) == 0);
    CHECK(attribute(session, first, CKA_ID, label, sizeof label) == 20);
    CHECK(flag_of(session, first, CKA_SIGN) == 1 && flag_of(session, first, CKA_DECRYPT) == 0);
    CHECK(find(session, privates, 1, &again) == 1 && again == first); /* handles last */
    CHECK(st_key_generate_sm2(device, application, container, ST_SIGNING, &key) == ST_OK);
    CHECK(find(session, privates, 1, &again) == 1 && again != first); /* another key, another handle */
    FAILS(CKR_OBJECT_HANDLE_INVALID, C_DestroyObject, session, first);
    CHECK(st_container_delete(device, application, container) == ST_OK);
    FAILS(CKR_OBJECT_HANDLE_INVALID, C_DestroyObject, session, again);
    /* the PIN changes under a login: it ends, and a new one is possible */
    CHECK(st_pin_change(device, application, ST_USER, USER_PIN, "another-pin", NULL) == ST_OK);
    CK_RV rv = C_FindObjectsInit(session, NULL, 0);
    CHECK(rv == CKR_OK || rv == CKR_USER_NOT_LOGGED_IN);
    (void)C_FindObjectsFinal(session);
    CHECK(log_in(session, CKU_USER, "another-pin") == CKR_OK);
    st_device_close(device);
    end_token();
}

/* ---- templates and attributes ------------------------------------------------------------ */

static void test_templates(void) {
    CK_SLOT_ID slot;
    CK_OBJECT_HANDLE key, other;
    CK_OBJECT_CLASS class_secret = CKO_SECRET_KEY, class_private = CKO_PRIVATE_KEY, unknown_class = 0x77;
    CK_KEY_TYPE sm4 = CKK_GMPKI_SM4, sm2 = CKK_GMPKI_SM2, generic = CKK_GENERIC_SECRET;
    CK_ULONG len = 15;
    uint8_t zeros[600] = {0};
    CK_MECHANISM pairs = {CKM_GMPKI_SM2_KEY_PAIR_GEN, NULL, 0}, aes = {CKM_AES_KEY_GEN, NULL, 0};
    CK_SESSION_HANDLE session = begin_token(&slot);
    CK_ATTRIBUTE no_class[] = {VALUE(CKA_KEY_TYPE, sm4)}, odd_class[] = {VALUE(CKA_CLASS, unknown_class)};
    FAILS(CKR_TEMPLATE_INCOMPLETE, C_CreateObject, session, no_class, 1, &key);
    FAILS(CKR_ATTRIBUTE_VALUE_INVALID, C_CreateObject, session, odd_class, 1, &key);
    FAILS(CKR_ARGUMENTS_BAD, C_CreateObject, session, NULL, 3, &key);
    CK_ATTRIBUTE secret[] = {VALUE(CKA_CLASS, class_secret), VALUE(CKA_KEY_TYPE, sm4), BYTES(CKA_VALUE, zeros, 16)};
    OK(C_CreateObject, session, secret, 3, &key);
    FAILS(CKR_TEMPLATE_INCOMPLETE, C_CreateObject, session, secret, 2, &key);
    FAILS(CKR_TEMPLATE_INCOMPLETE, C_CreateObject, session, secret, 1, &key);
    secret[2].ulValueLen = 17;
    FAILS(CKR_ATTRIBUTE_VALUE_INVALID, C_CreateObject, session, secret, 3, &key);
    CK_ATTRIBUTE twice[] = {VALUE(CKA_CLASS, class_secret), VALUE(CKA_CLASS, class_private)};
    FAILS(CKR_TEMPLATE_INCONSISTENT, C_CreateObject, session, twice, 2, &key);
    CK_ATTRIBUTE foreign[] = {VALUE(CKA_CLASS, class_secret), VALUE(CKA_KEY_TYPE, generic), BYTES(CKA_VALUE, zeros, 16),
                              BYTES(CKA_MODULUS, zeros, 16)};
    FAILS(CKR_ATTRIBUTE_TYPE_INVALID, C_CreateObject, session, foreign, 4, &key);
    foreign[3] = (CK_ATTRIBUTE)YES(CKA_LOCAL);
    FAILS(CKR_ATTRIBUTE_READ_ONLY, C_CreateObject, session, foreign, 4, &key);
    foreign[3] = (CK_ATTRIBUTE)YES(CKA_TRUSTED);
    FAILS(CKR_ATTRIBUTE_READ_ONLY, C_CreateObject, session, foreign, 4, &key);
    foreign[3] = (CK_ATTRIBUTE)BYTES(CKA_SENSITIVE, zeros, 3);
    FAILS(CKR_ATTRIBUTE_VALUE_INVALID, C_CreateObject, session, foreign, 4, &key);
    foreign[3] = (CK_ATTRIBUTE)BYTES(0x12345678, zeros, 3);
    FAILS(CKR_ATTRIBUTE_TYPE_INVALID, C_CreateObject, session, foreign, 4, &key);
    /* private keys: out of range, not of their point, meant to be taken out */
    CK_ATTRIBUTE private_key[] = {VALUE(CKA_CLASS, class_private), VALUE(CKA_KEY_TYPE, sm2),
                                  BYTES(CKA_VALUE, zeros, 32), YES(CKA_TOKEN)};
    FAILS(CKR_ATTRIBUTE_VALUE_INVALID, C_CreateObject, session, private_key, 4, &key);
    FAILS(CKR_ATTRIBUTE_VALUE_INVALID, C_CreateObject, session, private_key, 3, &key);
    zeros[31] = 5;
    OK(C_CreateObject, session, private_key, 4, &key);
    CHECK(flag_of(session, key, CKA_LOCAL) == 0 && flag_of(session, key, CKA_NEVER_EXTRACTABLE) == 0);
    CK_ATTRIBUTE extractable[] = {YES(CKA_EXTRACTABLE)}, curve[] = {BYTES(CKA_EC_PARAMS, zeros, 10)};
    FAILS(CKR_ATTRIBUTE_VALUE_INVALID, C_GenerateKeyPair, session, &pairs, NULL, 0, extractable, 1, &key, &other);
    FAILS(CKR_CURVE_NOT_SUPPORTED, C_GenerateKeyPair, session, &pairs, curve, 1, NULL, 0, &key, &other);
    FAILS(CKR_TEMPLATE_INCONSISTENT, C_GenerateKeyPair, session, &pairs, no_class, 1, NULL, 0, &key, &other);
    FAILS(CKR_TEMPLATE_INCOMPLETE, C_GenerateKey, session, &aes, NULL, 0, &key);
    CK_ATTRIBUTE short_key[] = {VALUE(CKA_VALUE_LEN, len)};
    FAILS(CKR_KEY_SIZE_RANGE, C_GenerateKey, session, &aes, short_key, 1, &key);
    pairs.mechanism = CKM_SHA256;
    FAILS(CKR_MECHANISM_INVALID, C_GenerateKeyPair, session, &pairs, NULL, 0, NULL, 0, &key, &other);
    end_token();
}

static void test_attribute_rules(void) {
    CK_SLOT_ID slot;
    CK_OBJECT_HANDLE public_key, private_key, key, other;
    uint8_t buffer[8];
    CK_SESSION_HANDLE session = begin_token(&slot);
    sm2_pair(session, 1, &public_key, &private_key);
    /* each attribute of a reading is answered, whatever became of the others */
    CK_ATTRIBUTE wanted[] = {BYTES(CKA_VALUE, buffer, 8), BYTES(CKA_LABEL, buffer, 8), BYTES(CKA_MODULUS, buffer, 8),
                             BYTES(CKA_EC_POINT, buffer, 8), BYTES(CKA_ID, NULL, 0)};
    FAILS(CKR_BUFFER_TOO_SMALL, C_GetAttributeValue, session, private_key, wanted, COUNT(wanted));
    CHECK(wanted[0].ulValueLen == CK_UNAVAILABLE_INFORMATION && wanted[1].ulValueLen == 4 &&
          wanted[2].ulValueLen == CK_UNAVAILABLE_INFORMATION && wanted[3].ulValueLen == CK_UNAVAILABLE_INFORMATION &&
          wanted[4].ulValueLen == 2);
    FAILS(CKR_ATTRIBUTE_SENSITIVE, C_GetAttributeValue, session, private_key, wanted, 1);
    FAILS(CKR_ARGUMENTS_BAD, C_GetAttributeValue, session, private_key, NULL, 1);
    /* one-way flags */
    CK_ATTRIBUTE readable[] = {NO(CKA_SENSITIVE)}, extractable[] = {YES(CKA_EXTRACTABLE)}, local[] = {NO(CKA_LOCAL)},
                 renamed[] = {TEXT(CKA_LABEL, "renamed")}, fixed[] = {NO(CKA_MODIFIABLE)}, typed[] = {YES(CKA_TOKEN)};
    FAILS(CKR_ATTRIBUTE_READ_ONLY, C_SetAttributeValue, session, private_key, readable, 1);
    FAILS(CKR_ATTRIBUTE_READ_ONLY, C_SetAttributeValue, session, private_key, extractable, 1);
    FAILS(CKR_ATTRIBUTE_READ_ONLY, C_SetAttributeValue, session, private_key, local, 1);
    FAILS(CKR_ATTRIBUTE_READ_ONLY, C_SetAttributeValue, session, private_key, fixed, 1);
    OK(C_SetAttributeValue, session, private_key, typed, 1); /* no change */
    OK(C_SetAttributeValue, session, private_key, renamed, 1);
    CHECK(find(session, renamed, 1, &other) == 1 && other == private_key);
    FAILS(CKR_ACTION_PROHIBITED, C_CopyObject, session, private_key, NULL, 0, &other);
    /* a guess at a secret value is not answered by a search */
    CK_MECHANISM generation = {CKM_GMPKI_SM4_KEY_GEN, NULL, 0};
    CK_ATTRIBUTE open[] = {NO(CKA_SENSITIVE), YES(CKA_EXTRACTABLE), NO(CKA_MODIFIABLE)};
    OK(C_GenerateKey, session, &generation, open, 3, &key);
    uint8_t value[16];
    CHECK(attribute(session, key, CKA_VALUE, value, sizeof value) == 16);
    CK_ATTRIBUTE guess[] = {BYTES(CKA_VALUE, value, 16)};
    CHECK(find(session, guess, 1, NULL) == 1);
    FAILS(CKR_ACTION_PROHIBITED, C_SetAttributeValue, session, key, renamed, 1);
    CK_ATTRIBUTE closed[] = {YES(CKA_SENSITIVE), YES(CKA_MODIFIABLE)}, lasting[] = {NO(CKA_DESTROYABLE)};
    /* no copy of it, and none made from a copy, is for those who have not logged in */
    CK_ATTRIBUTE bared[] = {NO(CKA_PRIVATE), YES(CKA_TOKEN)};
    FAILS(CKR_ATTRIBUTE_READ_ONLY, C_CopyObject, session, key, bared, 2, &other);
    OK(C_CopyObject, session, key, closed, 2, &other);
    FAILS(CKR_ATTRIBUTE_READ_ONLY, C_CopyObject, session, other, bared, 2, &other);
    OK(C_DestroyObject, session, key);
    CHECK(find(session, guess, 1, NULL) == 0 && attribute(session, other, CKA_VALUE, value, 16) == SIZE_MAX);
    OK(C_SetAttributeValue, session, other, lasting, 1);
    FAILS(CKR_ACTION_PROHIBITED, C_DestroyObject, session, other);
    /* searches: one at a time, and unknown attributes match nothing */
    CK_ATTRIBUTE unknown[] = {TEXT(0x87654321, "x")};
    CHECK(find(session, unknown, 1, NULL) == 0);
    OK(C_FindObjectsInit, session, NULL, 0);
    FAILS(CKR_OPERATION_ACTIVE, C_FindObjectsInit, session, NULL, 0);
    OK(C_FindObjectsFinal, session);
    FAILS(CKR_OPERATION_NOT_INITIALIZED, C_FindObjectsFinal, session);
    end_token();
}

#endif /* GMPKI_TESTS_SOFTTOKEN_P11_OBJECTS_H */
