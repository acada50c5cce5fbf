/* Handles that are none, NULL where there must be something, and two threads at one thing. */
#ifndef GMPKI_TESTS_SOFTTOKEN_SKF_MISUSE_H
#define GMPKI_TESTS_SOFTTOKEN_SKF_MISUSE_H

#include "softtoken_skf_support.h"

/* Valid things to point at. */
static BYTE bytes[512];
static char text[64] = "text";
static ULONG number = sizeof bytes;
static BOOL boolean;
static HANDLE handle_out;
static ECCPUBLICKEYBLOB ecc_public;
static ECCPRIVATEKEYBLOB ecc_private;
static ECCSIGNATUREBLOB ecc_signature;
static cipher_room ecc_cipher;
static RSAPUBLICKEYBLOB rsa_public;
static RSAPRIVATEKEYBLOB rsa_private;
static envelope_room envelope;
static DEVINFO device_info;
static FILEATTRIBUTE attribute;
static BLOCKCIPHERPARAM cipher_param;

enum { DEVICE, APPLICATION_CLASS, CONTAINER_CLASS, KEY, DIGEST, MAC, AGREEMENT, CLASSES };

/*
 * Every function whose first parameter is a handle: X(name, class, arguments behind the handle, the same with NULL for
 * every pointer). Where there is no pointer, the second list is the first.
 */
#define HANDLE_FUNCTIONS(X)                                                                                            \
    X(DisConnectDev, DEVICE, (h), (h))                                                                                 \
    X(SetLabel, DEVICE, (h, text), (h, NULL))                                                                          \
    X(GetDevInfo, DEVICE, (h, &device_info), (h, NULL))                                                                \
    X(LockDev, DEVICE, (h, 0), (h, 0))                                                                                 \
    X(UnlockDev, DEVICE, (h), (h))                                                                                     \
    X(Transmit, DEVICE, (h, bytes, 5, bytes, &number), (h, NULL, 5, NULL, NULL))                                       \
    X(ChangeDevAuthKey, DEVICE, (h, bytes, 16), (h, NULL, 16))                                                         \
    X(DevAuth, DEVICE, (h, bytes, 16), (h, NULL, 16))                                                                  \
    X(ChangePIN, APPLICATION_CLASS, (h, 1, text, text, &number), (h, 1, NULL, NULL, NULL))                             \
    X(GetPINInfo, APPLICATION_CLASS, (h, 1, &number, &number, &boolean), (h, 1, NULL, NULL, NULL))                     \
    X(VerifyPIN, APPLICATION_CLASS, (h, 1, text, &number), (h, 1, NULL, NULL))                                         \
    X(UnblockPIN, APPLICATION_CLASS, (h, text, text, &number), (h, NULL, NULL, NULL))                                  \
    X(ClearSecureState, APPLICATION_CLASS, (h), (h))                                                                   \
    X(CreateApplication, DEVICE, (h, text, text, 6, text, 6, 0, &handle_out), (h, NULL, NULL, 6, NULL, 6, 0, NULL))    \
    X(EnumApplication, DEVICE, (h, text, &number), (h, NULL, NULL))                                                    \
    X(DeleteApplication, DEVICE, (h, text), (h, NULL))                                                                 \
    X(OpenApplication, DEVICE, (h, text, &handle_out), (h, NULL, NULL))                                                \
    X(CloseApplication, APPLICATION_CLASS, (h), (h))                                                                   \
    X(CreateFile, APPLICATION_CLASS, (h, text, 1, 0, 0), (h, NULL, 1, 0, 0))                                           \
    X(DeleteFile, APPLICATION_CLASS, (h, text), (h, NULL))                                                             \
    X(EnumFiles, APPLICATION_CLASS, (h, text, &number), (h, NULL, NULL))                                               \
    X(GetFileInfo, APPLICATION_CLASS, (h, text, &attribute), (h, NULL, NULL))                                          \
    X(ReadFile, APPLICATION_CLASS, (h, text, 0, 1, bytes, &number), (h, NULL, 0, 1, NULL, NULL))                       \
    X(WriteFile, APPLICATION_CLASS, (h, text, 0, bytes, 1), (h, NULL, 0, NULL, 1))                                     \
    X(CreateContainer, APPLICATION_CLASS, (h, text, &handle_out), (h, NULL, NULL))                                     \
    X(DeleteContainer, APPLICATION_CLASS, (h, text), (h, NULL))                                                        \
    X(OpenContainer, APPLICATION_CLASS, (h, text, &handle_out), (h, NULL, NULL))                                       \
    X(CloseContainer, CONTAINER_CLASS, (h), (h))                                                                       \
    X(EnumContainer, APPLICATION_CLASS, (h, text, &number), (h, NULL, NULL))                                           \
    X(GetContainerType, CONTAINER_CLASS, (h, &number), (h, NULL))                                                      \
    X(ImportCertificate, CONTAINER_CLASS, (h, TRUE, bytes, 5), (h, TRUE, NULL, 5))                                     \
    X(ExportCertificate, CONTAINER_CLASS, (h, TRUE, bytes, &number), (h, TRUE, NULL, NULL))                            \
    X(GenRandom, DEVICE, (h, bytes, 8), (h, NULL, 8))                                                                  \
    X(GenExtRSAKey, DEVICE, (h, 1024, &rsa_private), (h, 1024, NULL))                                                  \
    X(GenRSAKeyPair, CONTAINER_CLASS, (h, 1024, &rsa_public), (h, 1024, NULL))                                         \
    X(ImportRSAKeyPair, CONTAINER_CLASS, (h, SGD_SM4_ECB, bytes, 128, bytes, 16),                                      \
      (h, SGD_SM4_ECB, NULL, 128, NULL, 16))                                                                           \
    X(RSASignData, CONTAINER_CLASS, (h, bytes, 16, bytes, &number), (h, NULL, 16, NULL, NULL))                         \
    X(RSAVerify, DEVICE, (h, &rsa_public, bytes, 16, bytes, 128), (h, NULL, NULL, 16, NULL, 128))                      \
    X(RSAExportSessionKey, CONTAINER_CLASS, (h, SGD_SM4_ECB, &rsa_public, bytes, &number, &handle_out),                \
      (h, SGD_SM4_ECB, NULL, NULL, NULL, NULL))                                                                        \
    X(ExtRSAPubKeyOperation, DEVICE, (h, &rsa_public, bytes, 128, bytes, &number), (h, NULL, NULL, 128, NULL, NULL))   \
    X(ExtRSAPriKeyOperation, DEVICE, (h, &rsa_private, bytes, 128, bytes, &number), (h, NULL, NULL, 128, NULL, NULL))  \
    X(GenECCKeyPair, CONTAINER_CLASS, (h, SGD_SM2_1, &ecc_public), (h, SGD_SM2_1, NULL))                               \
    X(ImportECCKeyPair, CONTAINER_CLASS, (h, &envelope.blob), (h, NULL))                                               \
    X(ECCSignData, CONTAINER_CLASS, (h, bytes, 32, &ecc_signature), (h, NULL, 32, NULL))                               \
    X(ECCVerify, DEVICE, (h, &ecc_public, bytes, 32, &ecc_signature), (h, NULL, NULL, 32, NULL))                       \
    X(ECCExportSessionKey, CONTAINER_CLASS, (h, SGD_SM4_ECB, &ecc_public, &ecc_cipher.blob, &handle_out),              \
      (h, SGD_SM4_ECB, NULL, NULL, NULL))                                                                              \
    X(ExtECCEncrypt, DEVICE, (h, &ecc_public, bytes, 16, &ecc_cipher.blob), (h, NULL, NULL, 16, NULL))                 \
    X(ExtECCDecrypt, DEVICE, (h, &ecc_private, &ecc_cipher.blob, bytes, &number), (h, NULL, NULL, NULL, NULL))         \
    X(ExtECCSign, DEVICE, (h, &ecc_private, bytes, 32, &ecc_signature), (h, NULL, NULL, 32, NULL))                     \
    X(ExtECCVerify, DEVICE, (h, &ecc_public, bytes, 32, &ecc_signature), (h, NULL, NULL, 32, NULL))                    \
    X(GenerateAgreementDataWithECC, CONTAINER_CLASS, (h, SGD_SM4_ECB, &ecc_public, bytes, 5, &handle_out),             \
      (h, SGD_SM4_ECB, NULL, NULL, 5, NULL))                                                                           \
    X(GenerateAgreementDataAndKeyWithECC, CONTAINER_CLASS,                                                             \
      (h, SGD_SM4_ECB, &ecc_public, &ecc_public, &ecc_public, bytes, 5, bytes, 5, &handle_out),                        \
      (h, SGD_SM4_ECB, NULL, NULL, NULL, NULL, 5, NULL, 5, NULL))                                                      \
    X(GenerateKeyWithECC, AGREEMENT, (h, &ecc_public, &ecc_public, bytes, 5, &handle_out),                             \
      (h, NULL, NULL, NULL, 5, NULL))                                                                                  \
    X(ExportPublicKey, CONTAINER_CLASS, (h, TRUE, bytes, &number), (h, TRUE, NULL, NULL))                              \
    X(ImportSessionKey, CONTAINER_CLASS, (h, SGD_SM4_ECB, bytes, 180, &handle_out), (h, SGD_SM4_ECB, NULL, 180, NULL)) \
    X(SetSymmKey, DEVICE, (h, bytes, SGD_SM4_ECB, &handle_out), (h, NULL, SGD_SM4_ECB, NULL))                          \
    X(EncryptInit, KEY, (h, cipher_param), (h, cipher_param))                                                          \
    X(Encrypt, KEY, (h, bytes, 16, bytes, &number), (h, NULL, 16, NULL, NULL))                                         \
    X(EncryptUpdate, KEY, (h, bytes, 16, bytes, &number), (h, NULL, 16, NULL, NULL))                                   \
    X(EncryptFinal, KEY, (h, bytes, &number), (h, NULL, NULL))                                                         \
    X(DecryptInit, KEY, (h, cipher_param), (h, cipher_param))                                                          \
    X(Decrypt, KEY, (h, bytes, 16, bytes, &number), (h, NULL, 16, NULL, NULL))                                         \
    X(DecryptUpdate, KEY, (h, bytes, 16, bytes, &number), (h, NULL, 16, NULL, NULL))                                   \
    X(DecryptFinal, KEY, (h, bytes, &number), (h, NULL, NULL))                                                         \
    X(DigestInit, DEVICE, (h, SGD_SM3, &ecc_public, bytes, 16, &handle_out), (h, SGD_SM3, NULL, NULL, 16, NULL))       \
    X(Digest, DIGEST, (h, bytes, 16, bytes, &number), (h, NULL, 16, NULL, NULL))                                       \
    X(DigestUpdate, DIGEST, (h, bytes, 16), (h, NULL, 16))                                                             \
    X(DigestFinal, DIGEST, (h, bytes, &number), (h, NULL, NULL))                                                       \
    X(MacInit, KEY, (h, &cipher_param, &handle_out), (h, NULL, NULL))                                                  \
    X(Mac, MAC, (h, bytes, 16, bytes, &number), (h, NULL, 16, NULL, NULL))                                             \
    X(MacUpdate, MAC, (h, bytes, 16), (h, NULL, 16))                                                                   \
    X(MacFinal, MAC, (h, bytes, &number), (h, NULL, NULL))                                                             \
    X(CloseHandle, KEY, (h), (h))                                                                                      \
    X(ECCDecrypt, CONTAINER_CLASS, (h, &ecc_cipher.blob, bytes, &number), (h, NULL, NULL, NULL))

#define CALLERS(name, class, arguments, nothing)                                                                       \
    static ULONG full_##name(HANDLE h) {                                                                               \
        return SKF_##name arguments;                                                                                   \
    }                                                                                                                  \
    static ULONG empty_##name(HANDLE h) {                                                                              \
        return SKF_##name nothing;                                                                                     \
    }
HANDLE_FUNCTIONS(CALLERS)

#define ROW(name, class, arguments, nothing) {"SKF_" #name, class, full_##name, empty_##name, #arguments, #nothing},
static const struct row {
    const char *name;
    int class;
    ULONG (*full)(HANDLE h);
    ULONG (*empty)(HANDLE h);
    const char *arguments, *nothing; /* as they are written: the same, where there is no pointer */
} handle_functions[] = {HANDLE_FUNCTIONS(ROW)};

enum { HANDLE_FUNCTION_COUNT = sizeof handle_functions / sizeof handle_functions[0] };

/* One live handle of each class. */
static device make_handles(HANDLE handles[CLASSES]) {
    device made = make_device("");
    ECCPUBLICKEYBLOB key;
    handles[DEVICE] = made.handle;
    handles[APPLICATION_CLASS] = made.application;
    handles[CONTAINER_CLASS] = made.container;
    OK(SKF_GenECCKeyPair, made.container, SGD_SM2_1, &key);
    OK(SKF_SetSymmKey, made.handle, bytes, SGD_SM4_ECB, &handles[KEY]);
    OK(SKF_DigestInit, made.handle, SGD_SM3, NULL, NULL, 0, &handles[DIGEST]);
    OK(SKF_MacInit, handles[KEY], &cipher_param, &handles[MAC]);
    OK(SKF_GenerateAgreementDataWithECC, made.container, SGD_SM4_ECB, &key, bytes, 5, &handles[AGREEMENT]);
    return made;
}

/* Whether the function takes handles of a class: CloseHandle takes four. */
static int takes(const struct row *function, int class) {
    return function->class == class || (function->class == KEY && strcmp(function->name, "SKF_CloseHandle") == 0 &&
                                        (class == DIGEST || class == MAC || class == AGREEMENT));
}

static void test_handles(void) {
    HANDLE handles[CLASSES], closed[CLASSES];
    int local = 0;
    device made = make_handles(closed);
    OK(SKF_DisConnectDev, made.handle);
    made = make_handles(handles);
    HANDLE strange[] = {NULL, (HANDLE)1, (HANDLE)UINTPTR_MAX, &local, bytes, (char *)handles[DEVICE] + 1};
    for (size_t i = 0; i < HANDLE_FUNCTION_COUNT; i++) {
        const struct row *function = &handle_functions[i];
        unsigned long before = checks_failed;
        for (size_t s = 0; s < sizeof strange / sizeof strange[0]; s++) {
            CHECK(function->full(strange[s]) == SAR_INVALIDHANDLEERR);
        }
        for (int class = 0; class < CLASSES; class ++) {
            CHECK(function->full(closed[class]) == SAR_INVALIDHANDLEERR);
            CHECK(takes(function, class) || function->full(handles[class]) == SAR_INVALIDHANDLEERR);
        }
        if (strcmp(function->arguments, function->nothing) != 0) { /* a handle that is right, and nothing behind it */
            CHECK(function->empty(handles[function->class]) == SAR_INVALIDPARAMERR);
        }
        if (checks_failed != before) {
            fprintf(stderr, "... %s\n", function->name);
        }
    }
    OK(SKF_DisConnectDev, made.handle);
    printf("%d functions refused what is not their handle\n", HANDLE_FUNCTION_COUNT);
}

static void test_nulls_without_handles(void) {
    FAILS(SAR_INVALIDPARAMERR, SKF_WaitForDevEvent, NULL, NULL, NULL);
    FAILS(SAR_INVALIDPARAMERR, SKF_EnumDev, TRUE, NULL, NULL);
    FAILS(SAR_INVALIDPARAMERR, SKF_ConnectDev, NULL, NULL);
    FAILS(SAR_INVALIDPARAMERR, SKF_ConnectDev, text, NULL);
    FAILS(SAR_INVALIDPARAMERR, SKF_GetDevState, NULL, NULL);
    FAILS(SAR_INVALIDPARAMERR, SKF_SoftCreateDevice, NULL, NULL, NULL, NULL);
}

/* Closing goes down: what was opened from a handle is closed with it, and nothing else. */
static void test_closing(void) {
    HANDLE handles[CLASSES];
    HAPPLICATION second = NULL;
    ULONG type = 0, left = 0;
    device made = make_handles(handles);
    OK(SKF_OpenApplication, made.handle, APPLICATION, &second);
    OK(SKF_CloseApplication, made.application);
    FAILS(SAR_INVALIDHANDLEERR, SKF_CloseApplication, made.application);
    FAILS(SAR_INVALIDHANDLEERR, SKF_GetContainerType, made.container, &type);
    FAILS(SAR_INVALIDHANDLEERR, SKF_CloseHandle, handles[AGREEMENT]); /* it was the container's */
    OK(SKF_OpenContainer, second, CONTAINER, &made.container);        /* still logged in: 7.3.6 */
    OK(SKF_GenECCKeyPair, made.container, SGD_SM2_1, &ecc_public);
    OK(SKF_CloseHandle, handles[MAC]);
    FAILS(SAR_INVALIDHANDLEERR, SKF_CloseHandle, handles[MAC]);
    OK(SKF_CloseHandle, handles[KEY]);
    OK(SKF_CloseHandle, handles[DIGEST]);
    FAILS(SAR_INVALIDHANDLEERR, SKF_CloseHandle, made.handle); /* only SKF_DisConnectDev closes a device */
    OK(SKF_VerifyPIN, second, USER_TYPE, USER_PIN, &left);
    OK(SKF_DisConnectDev, made.handle);
    FAILS(SAR_INVALIDHANDLEERR, SKF_DisConnectDev, made.handle);
    FAILS(SAR_INVALIDHANDLEERR, SKF_CloseContainer, made.container);
}

/* A process that opens without end is told so, and others go on. */
static void test_handles_run_out(void) {
    device made = make_device("");
    HANDLE hash = NULL;
    ULONG code = SAR_OK;
    size_t opened = 0;
    while (code == SAR_OK && opened < 10000) {
        code = SKF_DigestInit(made.handle, SGD_SM3, NULL, NULL, 0, &hash);
        opened += code == SAR_OK;
    }
    CHECK(code == SAR_NO_ROOM && opened > 1000);
    OK(SKF_CloseHandle, hash);
    OK(SKF_DigestInit, made.handle, SGD_SM3, NULL, NULL, 0, &hash);
    OK(SKF_DisConnectDev, made.handle); /* with all of them */
    OK(SKF_ConnectDev, made.name, &made.handle);
    OK(SKF_DisConnectDev, made.handle);
}

/* ---- threads ----------------------------------------------------------------------------- */

enum { THREAD_CALLS = 200 };

static void *use_key(void *key) {
    BYTE out[16];
    BLOCKCIPHERPARAM param = {.IVLen = 0};
    for (int i = 0; i < THREAD_CALLS; i++) {
        ULONG len = sizeof out;
        ULONG code = SKF_EncryptInit(key, param);
        if (code == SAR_OK) {
            code = SKF_Encrypt(key, bytes, 16, out, &len);
        }
        if (code != SAR_OK && code != SAR_NOTINITIALIZEERR && code != SAR_INVALIDHANDLEERR) {
            return key; /* nothing else may come of it */
        }
    }
    return NULL;
}

/* Three threads at one key, and a fourth that closes it under them. */
static void test_threads(void) {
    device made = make_device("");
    HANDLE key = NULL;
    pthread_t threads[3];
    void *wrong = NULL;
    OK(SKF_SetSymmKey, made.handle, bytes, SGD_SM4_ECB, &key);
    for (int i = 0; i < 3; i++) {
        CHECK(pthread_create(&threads[i], NULL, use_key, key) == 0);
    }
    const struct timespec moment = {.tv_nsec = 2 * 1000 * 1000};
    nanosleep(&moment, NULL);
    OK(SKF_DisConnectDev, made.handle);
    for (int i = 0; i < 3; i++) {
        CHECK(pthread_join(threads[i], &wrong) == 0 && wrong == NULL);
    }
}

/* ---- other processes --------------------------------------------------------------------- */

/* Run checks in a forked process; what fails there is one failure here, after its own lines on stderr. */
static void in_child(void (*checks)(void *), void *argument) {
    int status = -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        checks_failed = 0;
        checks(argument);
        _exit(checks_failed != 0);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void child_of_login(void *argument) {
    const device *made = argument;
    ULONG left = 0;
    OK(SKF_GenRandom, made->handle, bytes, 16);
    FAILS(SAR_USER_NOT_LOGGED_IN, SKF_ECCSignData, made->container, bytes, 32, &ecc_signature);
    FAILS(SAR_PIN_INCORRECT, SKF_VerifyPIN, made->application, USER_TYPE, "wrong-pin", &left);
    CHECK(left == 5);
}

/* A forked process has the handles but not the login; the store is one. */
static void test_fork(void) {
    HANDLE handles[CLASSES];
    ULONG most = 0, left = 0;
    device made = make_handles(handles);
    in_child(child_of_login, &made);
    OK(SKF_ECCSignData, made.container, bytes, 32, &ecc_signature);
    OK(SKF_GetPINInfo, made.application, USER_TYPE, &most, &left, &boolean);
    CHECK(left == 5);
    OK(SKF_DisConnectDev, made.handle);
}

static void child_without_libcrypto(void *argument) {
    (void)argument;
    HANDLE hash = NULL;
    CHECK(setenv("GMPKI_LIBCRYPTO", "no-such-library.so", 1) == 0);
    device made = make_device("");
    OK(SKF_GetDevInfo, made.handle, &device_info);
    CHECK((device_info.AlgAsymCap & SGD_RSA) == 0 && device_info.AlgHashCap == SGD_SM3);
    FAILS(SAR_NOTSUPPORTYETERR, SKF_GenRSAKeyPair, made.container, 1024, &rsa_public);
    FAILS(SAR_NOTSUPPORTYETERR, SKF_DigestInit, made.handle, SGD_SHA256, NULL, NULL, 0, &hash);
    OK(SKF_GenECCKeyPair, made.container, SGD_SM2_1, &ecc_public);
    OK(SKF_DisConnectDev, made.handle);
}

/* Without libcrypto the token says that it has neither RSA nor the hashes of others. It is looked for once in a
 * process, so this comes before every other use. */
static void test_without_libcrypto(void) {
    in_child(child_without_libcrypto, NULL);
}

/* ---- coverage ---------------------------------------------------------------------------- */

/* Which of the functions that skf.h marks are exported and did their work here. */
static void report_coverage(void) {
    char line[256], name[128];
    unsigned common = 0, covered = 0;
    FILE *header = fopen(GMPKI_SKF_HEADER, "r");
    CHECK(header != NULL);
    while (header != NULL && fgets(line, sizeof line, header) != NULL) {
        if (sscanf(line, "GMPKI_SKF_API ULONG DEVAPI %127[A-Za-z0-9_](", name) == 1) {
            int done = dlsym(RTLD_DEFAULT, name) != NULL && has_worked(name);
            common++;
            covered += done != 0;
            if (!done) {
                fprintf(stderr, "%s is not covered\n", name);
            }
        }
    }
    CHECK(header != NULL && fclose(header) == 0);
    enum { RSA_FUNCTIONS = 8 };
    CHECK(common == 78 && covered == common - (has_libcrypto() ? 0 : RSA_FUNCTIONS));
    CHECK(has_worked("SKF_ECCDecrypt") && has_worked("SKF_SoftCreateDevice"));
    printf("SKF functions covered: %u of %u\n", covered, common);
}

#endif /* GMPKI_TESTS_SOFTTOKEN_SKF_MISUSE_H */
