/*
 * Any calls of the SKF library with any arguments: handles of every class, open, closed and invented, lengths that lie,
 * NULL everywhere. Nothing crashes, nothing is written beyond the room told, and the PINs never have more tries than
 * they began with.
 */
#include "fuzz_calls.h"

#include <stddef.h>

#include "gmpki/skf.h"
#include "gmpki/sm4.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);

enum { HANDLES = 16, TRIES = 6, CALLS_MAX = 48, C2_MAX = 256 };

static const char serial[] = "FUZZ";
static HANDLE handles[HANDLES];
static size_t handle_count;

/* What the last calls gave out, of each structure. */
static ECCPUBLICKEYBLOB public_key;
static ECCPRIVATEKEYBLOB private_key;
static ECCSIGNATUREBLOB signature;
static RSAPUBLICKEYBLOB rsa_public;
static RSAPRIVATEKEYBLOB rsa_private;
static struct {
    ECCCIPHERBLOB blob;
    BYTE tail[C2_MAX];
} cipher;

/* ---- arguments -------------------------------------------------------------------------- */

static HANDLE handle(void) {
    size_t choice = choose(HANDLES + 2);
    if (choice >= HANDLES) {
        return choice == HANDLES ? NULL : (HANDLE)(uintptr_t)choose_number();
    }
    return handle_count == 0 ? NULL : handles[choice % handle_count];
}

static BOOL flag(void) {
    return (BOOL)choose(2);
}

static HANDLE *new_handle(void) {
    return choose(16) == 0 ? NULL : keep(sizeof(HANDLE));
}

static void note_handle(ULONG code, const HANDLE *made) {
    if (code == SAR_OK && made != NULL) {
        handles[handle_count < HANDLES ? handle_count++ : choose(HANDLES)] = *made;
    }
}

/* The structure where the library is told that it lies: a copy of model, disturbed at times, or NULL. */
static void *structure(const void *model, size_t len) {
    size_t kind = choose(16);
    if (kind == 0) {
        return NULL;
    }
    void *copy = keep(len);
    memcpy(copy, model, len);
    if (kind < 4) {
        disturb(copy, len);
    }
    return copy;
}

#define STRUCTURE(model) structure(&(model), sizeof(model))

static char *name(void) {
    static const char *const names[] = {"APP", "con", "file", "FUZZ", "other"};
    return choose_text(names, sizeof names / sizeof names[0]);
}

static char *pin(void) {
    static const char *const pins[] = {"12345678", "87654321", "00000000", "123456", "1234"};
    return choose_text(pins, sizeof pins / sizeof pins[0]);
}

static ULONG algorithm(void) {
    static const ULONG numbers[] = {SGD_SM4_ECB, SGD_SM4_CBC,     SGD_SM4_CFB, SGD_SM4_OFB, SGD_SM4_MAC, SGD_SM2_1,
                                    SGD_SM2_3,   SGD_SM2_1_DRAFT, SGD_SM3,     SGD_SHA1,    SGD_SHA256,  SGD_RSA};
    size_t choice = choose(16);
    return choice < sizeof numbers / sizeof numbers[0] ? numbers[choice] : choose_number();
}

static BLOCKCIPHERPARAM cipher_parameters(void) {
    BLOCKCIPHERPARAM param = {.IVLen = choose(2) ? 16 : choose_number()};
    param.PaddingType = (ULONG)choose(3);
    param.FeedBitLen = choose(2) ? 0 : choose_number();
    return param;
}

/* ---- calls ------------------------------------------------------------------------------ */

/* A call that answers bytes: no more than there is room for. */
#define ANSWERS(call)                                                                                                  \
    do {                                                                                                               \
        size_t room = 0;                                                                                               \
        BYTE *out = choose_output(&room);                                                                              \
        ULONG *out_len = choose(16) == 0 ? NULL : keep(sizeof *out_len);                                               \
        if (out_len != NULL) {                                                                                         \
            *out_len = (ULONG)room;                                                                                    \
        }                                                                                                              \
        if (call == SAR_OK && out != NULL && out_len != NULL) {                                                        \
            REQUIRE(*out_len <= room);                                                                                 \
            remember(out, *out_len);                                                                                   \
        }                                                                                                              \
    } while (0)

/* A call that answers a handle. */
#define OPENS(call)                                                                                                    \
    do {                                                                                                               \
        HANDLE *made = new_handle();                                                                                   \
        note_handle(call, made);                                                                                       \
    } while (0)

/* A call that fills a structure. */
#define FILLS(target, call)                                                                                            \
    do {                                                                                                               \
        void *filled = STRUCTURE(target);                                                                              \
        if (call == SAR_OK && filled != NULL) {                                                                        \
            memcpy(&(target), filled, sizeof(target));                                                                 \
        }                                                                                                              \
    } while (0)

static ULONG *number(void) {
    ULONG *place = choose(16) == 0 ? NULL : keep(sizeof *place);
    if (place != NULL) {
        *place = choose_number();
    }
    return place;
}

/* An ECCCIPHERBLOB whose C2 has the room that the longest takes. */
static ECCCIPHERBLOB *cipher_blob(void) {
    return STRUCTURE(cipher);
}

static void authenticate(void) {
    BYTE block[16] = {0};
    gmpki_sm4_key key;
    HANDLE device = handle();
    REQUIRE(gmpki_sm4_key_init(&key, (const uint8_t *)"1234567812345678") == GMPKI_OK);
    if (SKF_GenRandom(device, block, 8) == SAR_OK) {
        REQUIRE(gmpki_sm4_blocks(&key, GMPKI_SM4_ENCRYPT, block, block, 1) == GMPKI_OK);
        disturb(block, sizeof block);
        (void)SKF_DevAuth(device, block, sizeof block);
    }
}

static void import_pair(void) {
    ENVELOPEDKEYBLOB *blob = keep(sizeof *blob + C2_MAX);
    memset(blob, 0, sizeof *blob + C2_MAX);
    blob->Version = (ULONG)choose(3);
    blob->ulSymmAlgID = algorithm();
    blob->ulBits = 256;
    blob->PubKey = public_key;
    memcpy(&blob->ECCCipherBlob, &cipher, sizeof cipher);
    disturb((uint8_t *)blob, sizeof *blob);
    (void)SKF_ImportECCKeyPair(handle(), choose(8) == 0 ? NULL : blob);
}

static void call_device(void) {
    size_t len = 0, other_len = 0;
    BYTE *in, *other;
    HANDLE locked;
    DEVINFO info;
    switch (choose(14)) {
    case 0: {
        char *list = name();
        size_t room = list == NULL ? 0 : strlen(list) + 1;
        ULONG size = (ULONG)room;
        (void)SKF_EnumDev(flag(), list, &size);
        break;
    }
    case 1:
        OPENS(SKF_ConnectDev(name(), made));
        break;
    case 2:
        (void)SKF_DisConnectDev(handle());
        break;
    case 3:
        (void)SKF_GetDevState(name(), number());
        break;
    case 4:
        (void)SKF_SetLabel(handle(), name());
        break;
    case 5:
        (void)SKF_GetDevInfo(handle(), choose(4) == 0 ? NULL : &info);
        break;
    case 6:
        locked = handle();
        (void)SKF_LockDev(locked, (ULONG)choose(2));
        (void)SKF_UnlockDev(locked); /* at once: every call by another connection would wait for half a minute */
        break;
    case 7:
        (void)SKF_UnlockDev(handle());
        break;
    case 8:
        in = choose_input(&len);
        ANSWERS(SKF_Transmit(handle(), in, (ULONG)len, out, out_len));
        break;
    case 9:
        in = choose_input(&len);
        (void)SKF_ChangeDevAuthKey(handle(), in, (ULONG)len);
        break;
    case 10:
        authenticate();
        break;
    case 11:
        in = choose_input(&len);
        other = choose_input(&other_len);
        (void)SKF_DevAuth(handle(), in, (ULONG)len);
        OPENS(SKF_SetSymmKey(handle(), len >= 32 ? in : other_len >= 32 ? other : NULL, algorithm(), made));
        break;
    case 12: {
        size_t room = 0;
        BYTE *random = choose_output(&room);
        (void)SKF_GenRandom(handle(), random, (ULONG)room);
        break;
    }
    default:
        (void)SKF_CloseHandle(handle());
        break;
    }
}

static void call_application(void) {
    size_t len = 0;
    BYTE *in;
    switch (choose(20)) {
    case 0:
        (void)SKF_ChangePIN(handle(), choose_number(), pin(), pin(), number());
        break;
    case 1:
        (void)SKF_GetPINInfo(handle(), (ULONG)choose(3), number(), number(), choose(2) ? NULL : (BOOL *)number());
        break;
    case 2:
    case 3:
        (void)SKF_VerifyPIN(handle(), (ULONG)choose(3), pin(), number());
        break;
    case 4:
        (void)SKF_UnblockPIN(handle(), pin(), pin(), number());
        break;
    case 5:
        (void)SKF_ClearSecureState(handle());
        break;
    case 6:
        OPENS(SKF_CreateApplication(handle(), name(), pin(), choose_number(), pin(), choose_number(), choose_number(),
                                    made));
        break;
    case 7:
        ANSWERS(SKF_EnumApplication(handle(), (LPSTR)out, out_len));
        break;
    case 8:
        (void)SKF_DeleteApplication(handle(), name());
        break;
    case 9:
        OPENS(SKF_OpenApplication(handle(), name(), made));
        break;
    case 10:
        (void)SKF_CloseApplication(handle());
        break;
    case 11:
        (void)SKF_CreateFile(handle(), name(), choose_number(), choose_byte(), choose_byte());
        break;
    case 12:
        (void)SKF_DeleteFile(handle(), name());
        break;
    case 13:
        ANSWERS(SKF_EnumFiles(handle(), (LPSTR)out, out_len));
        break;
    case 14: {
        FILEATTRIBUTE attributes;
        (void)SKF_GetFileInfo(handle(), name(), choose(4) == 0 ? NULL : &attributes);
        break;
    }
    case 15:
        ANSWERS(SKF_ReadFile(handle(), name(), choose_number(), choose_number(), out, out_len));
        break;
    case 16:
        in = choose_input(&len);
        (void)SKF_WriteFile(handle(), name(), choose_number(), in, (ULONG)len);
        break;
    case 17:
        OPENS(SKF_CreateContainer(handle(), name(), made));
        break;
    case 18:
        OPENS(SKF_OpenContainer(handle(), name(), made));
        break;
    default:
        ANSWERS(SKF_EnumContainer(handle(), (LPSTR)out, out_len));
        break;
    }
}

static void call_container(void) {
    size_t len = 0, other_len = 0;
    BYTE *in, *other;
    switch (choose(19)) {
    case 0:
        (void)SKF_DeleteContainer(handle(), name());
        break;
    case 1:
        (void)SKF_CloseContainer(handle());
        break;
    case 2:
        (void)SKF_GetContainerType(handle(), number());
        break;
    case 3:
        in = choose_input(&len);
        (void)SKF_ImportCertificate(handle(), flag(), in, (ULONG)len);
        break;
    case 4:
        ANSWERS(SKF_ExportCertificate(handle(), flag(), out, out_len));
        break;
    case 5:
    case 6:
        FILLS(public_key, SKF_GenECCKeyPair(handle(), algorithm(), filled));
        break;
    case 7:
        import_pair();
        break;
    case 8:
        in = choose_input(&len);
        FILLS(signature, SKF_ECCSignData(handle(), in, (ULONG)len, filled));
        break;
    case 9:
        in = choose_input(&len);
        (void)SKF_ECCVerify(handle(), STRUCTURE(public_key), in, (ULONG)len, STRUCTURE(signature));
        break;
    case 10:
        OPENS(SKF_ECCExportSessionKey(handle(), algorithm(), STRUCTURE(public_key), cipher_blob(), made));
        break;
    case 11:
        in = choose_input(&len);
        FILLS(cipher, SKF_ExtECCEncrypt(handle(), STRUCTURE(public_key), in, (ULONG)len, filled));
        break;
    case 12:
        ANSWERS(SKF_ExtECCDecrypt(handle(), STRUCTURE(private_key), cipher_blob(), out, out_len));
        break;
    case 13:
        ANSWERS(SKF_ECCDecrypt(handle(), cipher_blob(), out, out_len));
        break;
    case 14: {
        ECCPUBLICKEYBLOB *temporary = STRUCTURE(public_key);
        in = choose_input(&len);
        OPENS(SKF_GenerateAgreementDataWithECC(handle(), algorithm(), temporary, in, (ULONG)len, made));
        break;
    }
    case 15: {
        ECCPUBLICKEYBLOB *temporary = STRUCTURE(public_key);
        in = choose_input(&len);
        other = choose_input(&other_len);
        OPENS(SKF_GenerateAgreementDataAndKeyWithECC(handle(), algorithm(), STRUCTURE(public_key),
                                                     STRUCTURE(public_key), temporary, in, (ULONG)len, other,
                                                     (ULONG)other_len, made));
        break;
    }
    case 16:
        in = choose_input(&len);
        OPENS(SKF_GenerateKeyWithECC(handle(), STRUCTURE(public_key), STRUCTURE(public_key), in, (ULONG)len, made));
        break;
    case 17:
        ANSWERS(SKF_ExportPublicKey(handle(), flag(), out, out_len));
        break;
    default:
        in = choose_input(&len);
        OPENS(SKF_ImportSessionKey(handle(), algorithm(), in, (ULONG)len, made));
        break;
    }
}

static void call_rsa(void) {
    size_t len = 0, other_len = 0;
    BYTE *in = choose_input(&len), *other;
    switch (choose(6)) {
    case 0:
        ANSWERS(SKF_RSASignData(handle(), in, (ULONG)len, out, out_len));
        break;
    case 1:
        other = choose_input(&other_len);
        (void)SKF_RSAVerify(handle(), STRUCTURE(rsa_public), in, (ULONG)len, other, (ULONG)other_len);
        break;
    case 2: {
        HANDLE *made = new_handle();
        ANSWERS(SKF_RSAExportSessionKey(handle(), algorithm(), STRUCTURE(rsa_public), out, out_len, made));
        break;
    }
    case 3:
        ANSWERS(SKF_ExtRSAPubKeyOperation(handle(), STRUCTURE(rsa_public), in, (ULONG)len, out, out_len));
        break;
    case 4:
        ANSWERS(SKF_ExtRSAPriKeyOperation(handle(), STRUCTURE(rsa_private), in, (ULONG)len, out, out_len));
        break;
    default:
        other = choose_input(&other_len);
        (void)SKF_ImportRSAKeyPair(handle(), algorithm(), in, (ULONG)len, other, (ULONG)other_len);
        break;
    }
}

static void call_stream(void) {
    size_t len = 0;
    BYTE *in = choose_input(&len);
    BLOCKCIPHERPARAM param = cipher_parameters();
    switch (choose(17)) {
    case 0:
    case 1:
        (void)SKF_EncryptInit(handle(), param);
        break;
    case 2:
        ANSWERS(SKF_Encrypt(handle(), in, (ULONG)len, out, out_len));
        break;
    case 3:
    case 4:
        ANSWERS(SKF_EncryptUpdate(handle(), in, (ULONG)len, out, out_len));
        break;
    case 5:
        ANSWERS(SKF_EncryptFinal(handle(), out, out_len));
        break;
    case 6:
    case 7:
        (void)SKF_DecryptInit(handle(), param);
        break;
    case 8:
        ANSWERS(SKF_Decrypt(handle(), in, (ULONG)len, out, out_len));
        break;
    case 9:
    case 10:
        ANSWERS(SKF_DecryptUpdate(handle(), in, (ULONG)len, out, out_len));
        break;
    case 11:
        ANSWERS(SKF_DecryptFinal(handle(), out, out_len));
        break;
    case 12: {
        BYTE *id = in;
        OPENS(SKF_DigestInit(handle(), algorithm(), STRUCTURE(public_key), id, (ULONG)len, made));
        break;
    }
    case 13:
        ANSWERS(SKF_Digest(handle(), in, (ULONG)len, out, out_len));
        break;
    case 14:
        (void)SKF_DigestUpdate(handle(), in, (ULONG)len);
        ANSWERS(SKF_DigestFinal(handle(), out, out_len));
        break;
    case 15:
        OPENS(SKF_MacInit(handle(), choose(8) == 0 ? NULL : &param, made));
        break;
    default:
        (void)SKF_MacUpdate(handle(), in, (ULONG)len);
        ANSWERS(SKF_MacFinal(handle(), out, out_len));
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

/* A new device with an application, its user logged in, and a container with a pair for signing. */
static void begin_device(void) {
    static char settings[] = "serial=FUZZ\npin_iterations=1\nreplace=1\n";
    char made[32], text[32] = "APP", con[] = "con", device_name[] = "FUZZ";
    ULONG len = sizeof made, left = 0;
    BYTE block[16] = {0};
    gmpki_sm4_key key;
    HANDLE application = NULL, container = NULL, device = NULL;
    REQUIRE(SKF_SoftCreateDevice(NULL, settings, made, &len) == SAR_OK && strcmp(made, serial) == 0);
    REQUIRE(SKF_ConnectDev(device_name, &device) == SAR_OK);
    REQUIRE(SKF_GenRandom(device, block, 8) == SAR_OK);
    REQUIRE(gmpki_sm4_key_init(&key, (const uint8_t *)"1234567812345678") == GMPKI_OK &&
            gmpki_sm4_blocks(&key, GMPKI_SM4_ENCRYPT, block, block, 1) == GMPKI_OK);
    REQUIRE(SKF_DevAuth(device, block, sizeof block) == SAR_OK);
    REQUIRE(SKF_CreateApplication(device, text, "87654321", TRIES, "12345678", TRIES, SECURE_USER_ACCOUNT,
                                  &application) == SAR_OK);
    REQUIRE(SKF_VerifyPIN(application, USER_TYPE, "12345678", &left) == SAR_OK);
    REQUIRE(SKF_CreateContainer(application, con, &container) == SAR_OK);
    REQUIRE(SKF_GenECCKeyPair(container, SGD_SM2_1, &public_key) == SAR_OK);
    handles[0] = device;
    handles[1] = application;
    handles[2] = container;
    handle_count = 3;
}

/* Nobody is left with more tries than there may be, and all handles go. */
static void end_device(void) {
    char text[] = "APP", device_name[] = "FUZZ";
    HANDLE device = NULL, application = NULL;
    ULONG most = 0, left = 0;
    BOOL is_default = FALSE;
    for (size_t i = 0; i < handle_count; i++) {
        (void)SKF_UnlockDev(handles[i]);
    }
    if (SKF_ConnectDev(device_name, &device) == SAR_OK) {
        if (SKF_OpenApplication(device, text, &application) == SAR_OK) {
            REQUIRE(SKF_GetPINInfo(application, USER_TYPE, &most, &left, &is_default) == SAR_OK && left <= most);
            REQUIRE(SKF_GetPINInfo(application, ADMIN_TYPE, &most, &left, &is_default) == SAR_OK && left <= most);
        }
        (void)SKF_DisConnectDev(device);
    }
    for (size_t i = 0; i < handle_count; i++) {
        (void)SKF_CloseHandle(handles[i]);
        (void)SKF_CloseContainer(handles[i]);
        (void)SKF_CloseApplication(handles[i]);
        (void)SKF_DisConnectDev(handles[i]);
    }
    handle_count = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    static void (*const groups[])(void) = {call_device, call_application, call_container, call_stream, call_rsa};
    stream = (choices){data, len};
    outcome_len = 0;
    begin_device();
    for (int calls = 0; stream.left != 0 && calls < CALLS_MAX; calls++) {
        groups[choose(sizeof groups / sizeof groups[0])]();
        drop_kept();
    }
    end_device();
    return 0;
}
