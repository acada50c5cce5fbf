/*
 * What the tests of the PKCS#11 module share: a store that goes away, templates, a token with a user, and the record of
 * which functions did their work. The module is used through its exported functions alone; devices are made, and
 * changed from outside, with an engine of the test's own.
 */
#ifndef GMPKI_TESTS_SOFTTOKEN_P11_SUPPORT_H
#define GMPKI_TESTS_SOFTTOKEN_P11_SUPPORT_H

#include "softtoken_folder.h"

#include "check.h"
#include "gmpki/pkcs11.h"
#include "softtoken/engine.h"

#define USER_PIN "12345678"
#define ADMIN_PIN "87654321"
#define APPLICATION "GMPKI-TEST"

/* ---- which functions answered CKR_OK ----------------------------------------------------- */

enum { MAX_FUNCTIONS = 128 };
static const char *worked[MAX_FUNCTIONS];
static size_t worked_count;

static CK_RV record(const char *name, CK_RV rv) {
    size_t i = 0;
    while (i < worked_count && strcmp(worked[i], name) != 0) {
        i++;
    }
    if (rv == CKR_OK && i == worked_count && worked_count < MAX_FUNCTIONS) {
        worked[worked_count++] = name;
    }
    return rv;
}

/* Call a function and check what it answers. */
#define OK(function, ...) CHECK(record(#function, function(__VA_ARGS__)) == CKR_OK)
#define FAILS(code, function, ...) CHECK(function(__VA_ARGS__) == (code))

/* ---- templates --------------------------------------------------------------------------- */

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BYTES(type, data, len) {type, (void *)(size_t)(data), len}
#define TEXT(type, text) {type, (void *)(size_t)(text), sizeof(text) - 1}
#define VALUE(type, variable) {type, &(variable), sizeof(variable)}
#define YES(type) {type, &yes, sizeof yes}
#define NO(type) {type, &no, sizeof no}

/* The value of one attribute; its length, or SIZE_MAX. */
static inline size_t attribute(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, void *data,
                               size_t room) {
    CK_ATTRIBUTE wanted = {type, data, room};
    CK_RV rv = record("C_GetAttributeValue", C_GetAttributeValue(session, object, &wanted, 1));
    return rv == CKR_OK ? wanted.ulValueLen : SIZE_MAX;
}

static inline int flag_of(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
    CK_BBOOL value = 2;
    return attribute(session, object, type, &value, sizeof value) == sizeof value ? value : -1;
}

/* How many objects match; the first of them. */
static inline CK_ULONG find(CK_SESSION_HANDLE session, CK_ATTRIBUTE *wanted, CK_ULONG count, CK_OBJECT_HANDLE *first) {
    CK_OBJECT_HANDLE found[64] = {0};
    CK_ULONG matches = 0;
    OK(C_FindObjectsInit, session, wanted, count);
    OK(C_FindObjects, session, found, COUNT(found), &matches);
    OK(C_FindObjectsFinal, session);
    if (first != NULL) {
        *first = found[0];
    }
    return matches;
}

/* ---- tokens ------------------------------------------------------------------------------ */

static char serial[ST_SERIAL_MAX + 1];

static inline void make_device(const char *settings) {
    char all[256];
    (void)snprintf(all, sizeof all, "pin_iterations=1\npin_tries=3\n%s", settings);
    CHECK(st_device_create(NULL, all, serial) == ST_OK);
}

static inline void label_of(CK_UTF8CHAR label[32], const char *text) {
    memset(label, ' ', 32);
    memcpy(label, text, strlen(text));
}

/* The slot of the index-th token. */
static inline CK_SLOT_ID slot_at(CK_ULONG index) {
    CK_SLOT_ID slots[32];
    CK_ULONG count = 0;
    CHECK(C_GetSlotList(CK_TRUE, NULL, &count) == CKR_OK);
    count = COUNT(slots);
    OK(C_GetSlotList, CK_TRUE, slots, &count);
    CHECK(count > index);
    return count > index ? slots[index] : (CK_SLOT_ID)-1;
}

static inline CK_SESSION_HANDLE open_session(CK_SLOT_ID slot, CK_FLAGS flags) {
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
    OK(C_OpenSession, slot, CKF_SERIAL_SESSION | flags, NULL, NULL, &session);
    return session;
}

static inline CK_RV log_in(CK_SESSION_HANDLE session, CK_USER_TYPE user, const char *pin) {
    return record("C_Login", C_Login(session, user, (CK_UTF8CHAR *)(size_t)pin, strlen(pin)));
}

/* Initialise the free token of the device, set the user's PIN, and log the user in. */
static inline CK_SESSION_HANDLE new_token(CK_SLOT_ID *slot) {
    CK_UTF8CHAR label[32];
    label_of(label, APPLICATION);
    *slot = slot_at(0);
    OK(C_InitToken, *slot, (CK_UTF8CHAR *)(size_t)ADMIN_PIN, strlen(ADMIN_PIN), label);
    CK_SESSION_HANDLE session = open_session(*slot, CKF_RW_SESSION);
    CHECK(log_in(session, CKU_SO, ADMIN_PIN) == CKR_OK);
    OK(C_InitPIN, session, (CK_UTF8CHAR *)(size_t)USER_PIN, strlen(USER_PIN));
    OK(C_Logout, session);
    CHECK(log_in(session, CKU_USER, USER_PIN) == CKR_OK);
    return session;
}

/* Begin with a fresh device and an initialised module; end with neither. */
static inline CK_SESSION_HANDLE begin_token(CK_SLOT_ID *slot) {
    make_device("");
    OK(C_Initialize, NULL);
    return new_token(slot);
}

static inline void end_token(void) {
    OK(C_Finalize, NULL);
    remove_tree(device_file(serial, ""));
}

/* ---- key pairs --------------------------------------------------------------------------- */

/* An SM2 pair with a label and CKA_ID, on the token or in the session. */
static inline void sm2_pair(CK_SESSION_HANDLE session, int on_token, CK_OBJECT_HANDLE *public_key,
                            CK_OBJECT_HANDLE *private_key) {
    CK_MECHANISM mechanism = {CKM_GMPKI_SM2_KEY_PAIR_GEN, NULL, 0};
    CK_BBOOL token = on_token ? CK_TRUE : CK_FALSE;
    CK_ATTRIBUTE given[] = {VALUE(CKA_TOKEN, token), TEXT(CKA_LABEL, "con1"), TEXT(CKA_ID, "\x01\x02")};
    CK_ATTRIBUTE given_private[] = {VALUE(CKA_TOKEN, token), TEXT(CKA_LABEL, "con1"), TEXT(CKA_ID, "\x01\x02"),
                                    YES(CKA_DERIVE)};
    OK(C_GenerateKeyPair, session, &mechanism, given, COUNT(given), given_private, COUNT(given_private), public_key,
       private_key);
}

static inline void rsa_pair(CK_SESSION_HANDLE session, CK_ULONG bits, CK_BBOOL token, CK_OBJECT_HANDLE *public_key,
                            CK_OBJECT_HANDLE *private_key) {
    CK_MECHANISM mechanism = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
    CK_ATTRIBUTE given[] = {VALUE(CKA_TOKEN, token), VALUE(CKA_MODULUS_BITS, bits), TEXT(CKA_LABEL, "rsa1")};
    CK_ATTRIBUTE given_private[] = {VALUE(CKA_TOKEN, token), TEXT(CKA_LABEL, "rsa1")};
    OK(C_GenerateKeyPair, session, &mechanism, given, COUNT(given), given_private, COUNT(given_private), public_key,
       private_key);
}

#endif /* GMPKI_TESTS_SOFTTOKEN_P11_SUPPORT_H */
