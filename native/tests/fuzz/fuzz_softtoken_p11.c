/*
 * Any calls of the PKCS#11 module with any arguments: sessions and objects that are there, are gone and never were,
 * templates of every attribute, mechanisms with parameters that fit and that do not. Nothing crashes, nothing is
 * written beyond the room told, and a secret that must not be read is not.
 */
#include "fuzz_calls.h"

#include "gmpki/pkcs11.h"
#include "softtoken/engine.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);

enum { HANDLES = 16, CALLS_MAX = 48, ATTRIBUTES_MAX = 6, SECRET_LEN = 16 };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The value of a secret key that must stay in the token. */
static const uint8_t secret[SECRET_LEN] = {0x5A, 0xA5, 0x17, 0x71, 0x3C, 0xC3, 0x99, 0x66,
                                           0x0F, 0xF0, 0x55, 0xAA, 0x12, 0x34, 0x56, 0x78};

static CK_SESSION_HANDLE sessions[HANDLES];
static CK_OBJECT_HANDLE objects[HANDLES];
static size_t session_count, object_count;

/* ---- arguments -------------------------------------------------------------------------- */

static CK_SESSION_HANDLE session(void) {
    size_t choice = choose(HANDLES);
    return choice == 0 ? choose_number() : session_count == 0 ? 0 : sessions[choice % session_count];
}

static CK_OBJECT_HANDLE object(void) {
    size_t choice = choose(HANDLES);
    return choice == 0 ? choose_number() : object_count == 0 ? 0 : objects[choice % object_count];
}

static void note_object(CK_RV rv, const CK_OBJECT_HANDLE *made) {
    if (rv == CKR_OK && made != NULL) {
        objects[object_count < HANDLES ? object_count++ : choose(HANDLES)] = *made;
    }
}

static CK_SLOT_ID slot(void) {
    return choose(4);
}

static CK_OBJECT_HANDLE *new_object(void) {
    return choose(16) == 0 ? NULL : keep(sizeof(CK_OBJECT_HANDLE));
}

static CK_UTF8CHAR *pin(CK_ULONG *len) {
    static const char *const pins[] = {"12345678", "87654321", "00000000", "1234"};
    char *text = choose_text(pins, COUNT(pins));
    *len = text == NULL ? choose_byte() : strlen(text);
    return (CK_UTF8CHAR *)text;
}

static CK_ATTRIBUTE_TYPE attribute_type(void) {
    static const CK_ATTRIBUTE_TYPE types[] = {CKA_CLASS,
                                              CKA_TOKEN,
                                              CKA_PRIVATE,
                                              CKA_LABEL,
                                              CKA_VALUE,
                                              CKA_CERTIFICATE_TYPE,
                                              CKA_ISSUER,
                                              CKA_ID,
                                              CKA_KEY_TYPE,
                                              CKA_SENSITIVE,
                                              CKA_EXTRACTABLE,
                                              CKA_ENCRYPT,
                                              CKA_DECRYPT,
                                              CKA_WRAP,
                                              CKA_UNWRAP,
                                              CKA_SIGN,
                                              CKA_VERIFY,
                                              CKA_DERIVE,
                                              CKA_MODULUS,
                                              CKA_MODULUS_BITS,
                                              CKA_PUBLIC_EXPONENT,
                                              CKA_PRIVATE_EXPONENT,
                                              CKA_PRIME_1,
                                              CKA_VALUE_LEN,
                                              CKA_EC_PARAMS,
                                              CKA_EC_POINT,
                                              CKA_MODIFIABLE,
                                              CKA_COPYABLE,
                                              CKA_DESTROYABLE,
                                              CKA_TRUSTED,
                                              CKA_ALLOWED_MECHANISMS,
                                              CKA_START_DATE,
                                              CKA_WRAP_WITH_TRUSTED,
                                              CKA_SUBJECT,
                                              CKA_PUBLIC_KEY_INFO};
    size_t choice = choose(COUNT(types) + 1);
    return choice < COUNT(types) ? types[choice] : choose_number();
}

static CK_MECHANISM_TYPE mechanism_type(void) {
    static CK_MECHANISM_TYPE known[256];
    static CK_ULONG count;
    if (count == 0) {
        count = COUNT(known);
        if (C_GetMechanismList(0, known, &count) != CKR_OK) {
            count = 0;
        }
    }
    size_t choice = choose(128);
    return count != 0 && choice < 120 ? known[choice % count] : choose_number();
}

/* One attribute: a number, a truth, or bytes; its length may lie about all but how much there is. */
static void fill_attribute(CK_ATTRIBUTE *item) {
    static const CK_ULONG numbers[] = {CKO_DATA, CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_SECRET_KEY,
                                       CKK_RSA,  CKK_AES,         CKK_GMPKI_SM2,  CKK_GMPKI_SM4,   CKK_GENERIC_SECRET};
    size_t len = 0;
    item->type = attribute_type();
    switch (choose(4)) {
    case 0:
        item->pValue = memset(keep(1), (int)choose(2), 1);
        item->ulValueLen = 1;
        break;
    case 1: {
        CK_ULONG *number = keep(sizeof *number);
        size_t choice = choose(COUNT(numbers) + 2);
        *number = choice < COUNT(numbers) ? numbers[choice] : choose_number();
        item->pValue = number;
        item->ulValueLen = sizeof *number;
        break;
    }
    default:
        item->pValue = choose_input(&len);
        item->ulValueLen = len;
        break;
    }
}

static CK_ATTRIBUTE *template(CK_ULONG *count) {
    *count = choose(ATTRIBUTES_MAX + 1);
    if (choose(16) == 0) {
        return NULL;
    }
    CK_ATTRIBUTE *items = keep(*count * sizeof *items);
    for (CK_ULONG i = 0; i < *count; i++) {
        fill_attribute(&items[i]);
    }
    return items;
}

/* Bytes behind a pointer and its length, as parameters have them. */
#define POINTED(pointer, length)                                                                                       \
    do {                                                                                                               \
        size_t pointed_len = 0;                                                                                        \
        pointer = choose_input(&pointed_len);                                                                          \
        length = pointed_len;                                                                                          \
    } while (0)

/* A mechanism. Structures that point are whole, since nothing can be said of wild pointers; the others are any bytes.
 */
static CK_MECHANISM *mechanism(void) {
    if (choose(32) == 0) {
        return NULL;
    }
    CK_MECHANISM *made = keep(sizeof *made);
    *made = (CK_MECHANISM){mechanism_type(), NULL, 0};
    if (made->mechanism == CKM_RSA_PKCS_OAEP) {
        CK_RSA_PKCS_OAEP_PARAMS *parameters = keep(sizeof *parameters);
        *parameters = (CK_RSA_PKCS_OAEP_PARAMS){choose_number(), choose_byte(), choose(2), NULL, 0};
        POINTED(parameters->pSourceData, parameters->ulSourceDataLen);
        made->pParameter = parameters;
        made->ulParameterLen = sizeof *parameters;
    } else if (made->mechanism == CKM_ECDH1_DERIVE) {
        CK_ECDH1_DERIVE_PARAMS *parameters = keep(sizeof *parameters);
        *parameters = (CK_ECDH1_DERIVE_PARAMS){.kdf = choose_byte()};
        POINTED(parameters->pSharedData, parameters->ulSharedDataLen);
        POINTED(parameters->pPublicData, parameters->ulPublicDataLen);
        made->pParameter = parameters;
        made->ulParameterLen = sizeof *parameters;
    } else if (made->mechanism == CKM_GMPKI_SM2_EXCHANGE) {
        CK_GMPKI_SM2_EXCHANGE_PARAMS *parameters = keep(sizeof *parameters);
        *parameters = (CK_GMPKI_SM2_EXCHANGE_PARAMS){.initiator = (CK_BBOOL)choose(2), .hEphemeral = object()};
        POINTED(parameters->pUserId, parameters->ulUserIdLen);
        POINTED(parameters->pPeerPoint, parameters->ulPeerPointLen);
        POINTED(parameters->pPeerEphemeral, parameters->ulPeerEphemeralLen);
        POINTED(parameters->pPeerUserId, parameters->ulPeerUserIdLen);
        made->pParameter = parameters;
        made->ulParameterLen = sizeof *parameters;
    } else if (choose(2) == 0) {
        made->pParameter = keep(16);
        memset(made->pParameter, 7, 16);
        made->ulParameterLen = 16;
    } else {
        POINTED(made->pParameter, made->ulParameterLen);
    }
    return made;
}

/* ---- calls ------------------------------------------------------------------------------ */

/* What a call gave out is within its room, and is not the secret. */
static void check_answer(CK_RV rv, const void *out, const CK_ULONG *out_len, size_t room) {
    if (rv == CKR_OK && out != NULL && out_len != NULL) {
        REQUIRE(*out_len <= room);
        REQUIRE(*out_len != SECRET_LEN || memcmp(out, secret, SECRET_LEN) != 0);
        remember(out, *out_len);
    }
}

#define ANSWERS(call)                                                                                                  \
    do {                                                                                                               \
        size_t room = 0;                                                                                               \
        CK_BYTE *out = choose_output(&room);                                                                           \
        CK_ULONG *out_len = choose(16) == 0 ? NULL : keep(sizeof *out_len);                                            \
        if (out_len != NULL) {                                                                                         \
            *out_len = room;                                                                                           \
        }                                                                                                              \
        check_answer(call, out, out_len, room);                                                                        \
    } while (0)

#define MAKES(call)                                                                                                    \
    do {                                                                                                               \
        CK_OBJECT_HANDLE *made = new_object();                                                                         \
        note_object(call, made);                                                                                       \
    } while (0)

static void call_session(void) {
    CK_ULONG len = 0, other_len = 0;
    CK_UTF8CHAR *text, *other;
    CK_SESSION_HANDLE opened;
    CK_SESSION_INFO info;
    CK_TOKEN_INFO token;
    switch (choose(12)) {
    case 0:
    case 1: {
        CK_FLAGS flags = CKF_SERIAL_SESSION | (choose(4) == 0 ? 0 : CKF_RW_SESSION);
        if (C_OpenSession(slot(), flags, NULL, NULL, &opened) == CKR_OK) {
            sessions[session_count < HANDLES ? session_count++ : choose(HANDLES)] = opened;
        }
        break;
    }
    case 2:
        (void)C_CloseSession(session());
        break;
    case 3:
        (void)(choose(4) == 0 ? C_CloseAllSessions(slot()) : C_GetSessionInfo(session(), &info));
        break;
    case 4:
    case 5:
    case 6:
        text = pin(&len);
        (void)C_Login(session(), choose(3), text, len);
        break;
    case 7:
        (void)C_Logout(session());
        break;
    case 8:
        text = pin(&len);
        other = pin(&other_len);
        (void)C_SetPIN(session(), text, len, other, other_len);
        break;
    case 9:
        text = pin(&len);
        (void)C_InitPIN(session(), text, len);
        break;
    case 10: {
        CK_ULONG room = choose(8);
        CK_SLOT_ID *list = choose(2) ? NULL : keep(room * sizeof *list);
        if (C_GetSlotList((CK_BBOOL)choose(2), list, &room) == CKR_OK) {
            (void)C_GetTokenInfo(slot(), &token);
        }
        break;
    }
    default: {
        CK_UTF8CHAR *label = memset(keep(32), ' ', 32);
        text = pin(&len);
        label[0] = (CK_UTF8CHAR)('A' + choose(4));
        (void)C_InitToken(slot(), text, len, label);
        break;
    }
    }
}

static void read_attributes(void) {
    CK_ATTRIBUTE items[ATTRIBUTES_MAX];
    size_t rooms[ATTRIBUTES_MAX];
    CK_ULONG count = choose(ATTRIBUTES_MAX) + 1;
    for (CK_ULONG i = 0; i < count; i++) {
        items[i].type = attribute_type();
        items[i].pValue = choose_output(&rooms[i]);
        items[i].ulValueLen = rooms[i];
    }
    (void)C_GetAttributeValue(session(), object(), items, count);
    for (CK_ULONG i = 0; i < count; i++) {
        if (items[i].ulValueLen != CK_UNAVAILABLE_INFORMATION) {
            check_answer(CKR_OK, items[i].pValue, &items[i].ulValueLen, rooms[i]);
        }
    }
}

static void call_object(void) {
    CK_ULONG count = 0;
    CK_ATTRIBUTE *items;
    switch (choose(10)) {
    case 0:
    case 1:
        items = template(&count);
        MAKES(C_CreateObject(session(), items, count, made));
        break;
    case 2:
        items = template(&count);
        MAKES(C_CopyObject(session(), object(), items, count, made));
        break;
    case 3:
        (void)C_DestroyObject(session(), object());
        break;
    case 4:
        (void)C_GetObjectSize(session(), object(), choose(8) == 0 ? NULL : &count);
        break;
    case 5:
    case 6:
        read_attributes();
        break;
    case 7:
        items = template(&count);
        (void)C_SetAttributeValue(session(), object(), items, count);
        break;
    case 8:
        items = template(&count);
        (void)C_FindObjectsInit(session(), items, count);
        break;
    default: {
        CK_ULONG room = choose(HANDLES), found = 0;
        CK_OBJECT_HANDLE *list = keep(room * sizeof *list);
        CK_SESSION_HANDLE searching = session();
        if (C_FindObjects(searching, list, room, &found) == CKR_OK) {
            REQUIRE(found <= room);
            for (CK_ULONG i = 0; i < found; i++) {
                note_object(CKR_OK, &list[i]);
            }
        }
        (void)C_FindObjectsFinal(searching);
        break;
    }
    }
}

static void call_key(void) {
    CK_ULONG count = 0, other_count = 0;
    CK_ATTRIBUTE *items = template(&count), *others;
    CK_MECHANISM *how = mechanism();
    size_t len = 0;
    CK_BYTE *in;
    switch (choose(6)) {
    case 0:
    case 1:
        MAKES(C_GenerateKey(session(), how, items, count, made));
        break;
    case 2: {
        CK_OBJECT_HANDLE public_key = 0, private_key = 0;
        others = template(&other_count);
        if (how != NULL && how->mechanism == CKM_RSA_PKCS_KEY_PAIR_GEN) {
            return; /* takes long, and finds nothing that SM2 does not */
        }
        CK_RV rv = C_GenerateKeyPair(session(), how, items, count, others, other_count, &public_key, &private_key);
        note_object(rv, &public_key);
        note_object(rv, &private_key);
        break;
    }
    case 3:
        ANSWERS(C_WrapKey(session(), how, object(), object(), out, out_len));
        break;
    case 4:
        in = choose_input(&len);
        MAKES(C_UnwrapKey(session(), how, object(), in, len, items, count, made));
        break;
    default:
        MAKES(C_DeriveKey(session(), how, object(), items, count, made));
        break;
    }
}

static void call_data(void) {
    size_t len = 0, other_len = 0;
    CK_BYTE *in = choose_input(&len), *other;
    CK_SESSION_HANDLE in_session = session();
    switch (choose(20)) {
    case 0:
        (void)C_EncryptInit(in_session, mechanism(), object());
        break;
    case 1:
        ANSWERS(C_Encrypt(in_session, in, len, out, out_len));
        break;
    case 2:
        ANSWERS(C_EncryptUpdate(in_session, in, len, out, out_len));
        break;
    case 3:
        ANSWERS(C_EncryptFinal(in_session, out, out_len));
        break;
    case 4:
        (void)C_DecryptInit(in_session, mechanism(), object());
        break;
    case 5:
        ANSWERS(C_Decrypt(in_session, in, len, out, out_len));
        break;
    case 6:
        ANSWERS(C_DecryptUpdate(in_session, in, len, out, out_len));
        break;
    case 7:
        ANSWERS(C_DecryptFinal(in_session, out, out_len));
        break;
    case 8:
        (void)C_DigestInit(in_session, mechanism());
        break;
    case 9:
        ANSWERS(C_Digest(in_session, in, len, out, out_len));
        break;
    case 10:
        (void)(choose(2) ? C_DigestKey(in_session, object()) : C_DigestUpdate(in_session, in, len));
        break;
    case 11:
        ANSWERS(C_DigestFinal(in_session, out, out_len));
        break;
    case 12:
        (void)C_SignInit(in_session, mechanism(), object());
        break;
    case 13:
        ANSWERS(C_Sign(in_session, in, len, out, out_len));
        break;
    case 14:
        (void)C_SignUpdate(in_session, in, len);
        ANSWERS(C_SignFinal(in_session, out, out_len));
        break;
    case 15:
        (void)C_VerifyInit(in_session, mechanism(), object());
        break;
    case 16:
        other = choose_input(&other_len);
        (void)C_Verify(in_session, in, len, other, other_len);
        break;
    case 17:
        (void)C_VerifyUpdate(in_session, in, len);
        (void)C_VerifyFinal(in_session, in, len);
        break;
    case 18:
        ANSWERS(C_DigestEncryptUpdate(in_session, in, len, out, out_len));
        break;
    default:
        ANSWERS(C_DecryptVerifyUpdate(in_session, in, len, out, out_len));
        break;
    }
}

/* ---- one run ---------------------------------------------------------------------------- */

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    begin_store();
    return 0;
}

/* A new device with a token, its user logged in, an SM2 pair and the secret. */
static void begin_token(void) {
    static CK_OBJECT_CLASS secret_class = CKO_SECRET_KEY;
    static CK_KEY_TYPE sm4 = CKK_GMPKI_SM4;
    static CK_BBOOL yes = CK_TRUE;
    CK_ATTRIBUTE items[] = {{CKA_CLASS, &secret_class, sizeof secret_class},
                            {CKA_KEY_TYPE, &sm4, sizeof sm4},
                            {CKA_TOKEN, &yes, sizeof yes},
                            {CKA_VALUE, (void *)(size_t)secret, sizeof secret}};
    CK_ATTRIBUTE on_token[] = {{CKA_TOKEN, &yes, sizeof yes}};
    CK_MECHANISM generate = {CKM_GMPKI_SM2_KEY_PAIR_GEN, NULL, 0};
    CK_OBJECT_HANDLE pair[2];
    char serial[ST_SERIAL_MAX + 1];
    st_device *device = NULL;
    uint32_t application = 0;
    REQUIRE(st_device_create(NULL, "serial=FUZZ\npin_iterations=1\nreplace=1\n", serial) == ST_OK);
    REQUIRE(st_device_open(serial, &device) == ST_OK);
    REQUIRE(st_application_create(device, "APP", "87654321", 6, "12345678", 6, ST_BY_USER, 1, &application) == ST_OK);
    st_device_close(device);
    REQUIRE(C_Initialize(NULL) == CKR_OK);
    REQUIRE(C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &sessions[0]) == CKR_OK);
    REQUIRE(C_Login(sessions[0], CKU_USER, (CK_UTF8CHAR *)(size_t)"12345678", 8) == CKR_OK);
    REQUIRE(C_CreateObject(sessions[0], items, COUNT(items), &objects[0]) == CKR_OK);
    REQUIRE(C_GenerateKeyPair(sessions[0], &generate, on_token, 1, on_token, 1, &pair[0], &pair[1]) == CKR_OK);
    objects[1] = pair[0];
    objects[2] = pair[1];
    session_count = 1;
    object_count = 3;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    static void (*const groups[])(void) = {call_session, call_object, call_key, call_data};
    stream = (choices){data, len};
    outcome_len = 0;
    begin_token();
    for (int calls = 0; stream.left != 0 && calls < CALLS_MAX; calls++) {
        groups[choose(COUNT(groups))]();
        drop_kept();
    }
    REQUIRE(C_Finalize(NULL) == CKR_OK);
    session_count = object_count = 0;
    return 0;
}
