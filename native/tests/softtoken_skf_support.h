/*
 * What the tests of the SKF library share: a store that goes away, a device with its application and container, and
 * the record of which functions did their work. The library is used through its exported functions alone.
 */
#ifndef GMPKI_TESTS_SOFTTOKEN_SKF_SUPPORT_H
#define GMPKI_TESTS_SOFTTOKEN_SKF_SUPPORT_H

#include <dlfcn.h>
#include <ftw.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "gmpki/skf.h"
#include "gmpki/sm2.h"
#include "gmpki/sm4.h"

/* PINs cost nothing here; what they cost is tested with the store. */
#define SETTINGS "pin_iterations=1\n"
#define USER_PIN "12345678"
#define ADMIN_PIN "87654321"
#define APPLICATION "GMPKI-TEST"
#define CONTAINER "con1"

/* ---- which functions answered SAR_OK ---------------------------------------------------- */

enum { MAX_FUNCTIONS = 128 };
static const char *worked[MAX_FUNCTIONS];
static size_t worked_count;

static int has_worked(const char *name) {
    for (size_t i = 0; i < worked_count; i++) {
        if (strcmp(worked[i], name) == 0) {
            return 1;
        }
    }
    return 0;
}

static ULONG record(const char *name, ULONG code) {
    if (code == SAR_OK && !has_worked(name) && worked_count < MAX_FUNCTIONS) {
        worked[worked_count++] = name;
    }
    return code;
}

/* Call a function and check what it answers. */
#define OK(function, ...) CHECK(record(#function, function(__VA_ARGS__)) == SAR_OK)
#define FAILS(code, function, ...) CHECK(function(__VA_ARGS__) == (code))

/* ---- the store -------------------------------------------------------------------------- */

static char store[] = "softtoken-skf-XXXXXX"; /* in the working directory, which the tests run in */
static char absolute_store[4096];

static void store_begin(void) {
    CHECK(mkdtemp(store) != NULL && realpath(store, absolute_store) != NULL);
    CHECK(setenv("GMPKI_SOFTTOKEN_DIR", absolute_store, 1) == 0);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk) {
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static void store_end(void) {
    CHECK(nftw(absolute_store, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0);
}

/* The control file that says that a device is pulled out: made or taken away. 1 when it worked; no check, for this is
 * done in threads. */
static int pull_out(const char *device, int out) {
    char path[sizeof absolute_store + 64];
    snprintf(path, sizeof path, "%s/%s/absent", absolute_store, device);
    if (!out) {
        return remove(path) == 0;
    }
    FILE *file = fopen(path, "w");
    return file != NULL && fclose(file) == 0;
}

/* ---- a device and what is in it --------------------------------------------------------- */

typedef struct device {
    char name[32];
    DEVHANDLE handle;
    HAPPLICATION application;
    HCONTAINER container;
} device;

/* Prove to the device that its key is known: one block of SM4 over its random bytes (GM/T 0016-2012 8.2.3). */
static ULONG authenticate(DEVHANDLE handle, const char *device_key) {
    BYTE block[16] = {0};
    gmpki_sm4_key key;
    OK(SKF_GenRandom, handle, block, 8);
    CHECK(gmpki_sm4_key_init(&key, (const uint8_t *)device_key) == GMPKI_OK &&
          gmpki_sm4_blocks(&key, GMPKI_SM4_ENCRYPT, block, block, 1) == GMPKI_OK);
    return record("SKF_DevAuth", SKF_DevAuth(handle, block, sizeof block));
}

static HAPPLICATION make_application(DEVHANDLE handle, const char *name) {
    HAPPLICATION application = NULL;
    char text[64];
    snprintf(text, sizeof text, "%s", name);
    CHECK(authenticate(handle, "1234567812345678") == SAR_OK);
    OK(SKF_CreateApplication, handle, text, ADMIN_PIN, 6, USER_PIN, 6, SECURE_USER_ACCOUNT, &application);
    return application;
}

static void login(HAPPLICATION application) {
    ULONG left = 0;
    OK(SKF_VerifyPIN, application, USER_TYPE, USER_PIN, &left);
    CHECK(left == 6);
}

/* A device with an application, its user logged in, and an empty container. */
static device make_device(const char *settings) {
    device made = {.handle = NULL};
    char text[256];
    ULONG len = sizeof made.name;
    snprintf(text, sizeof text, "%s%s", SETTINGS, settings);
    OK(SKF_SoftCreateDevice, NULL, text, made.name, &len);
    CHECK(len == strlen(made.name) + 1);
    OK(SKF_ConnectDev, made.name, &made.handle);
    made.application = make_application(made.handle, APPLICATION);
    login(made.application);
    OK(SKF_CreateContainer, made.application, CONTAINER, &made.container);
    return made;
}

/* Whether the token has what comes from libcrypto: RSA, the ciphers and digests of others. */
static int has_libcrypto(void) {
    static int is_known, has;
    if (!is_known) {
        DEVINFO info = {.AlgAsymCap = 0};
        device made = make_device("");
        OK(SKF_GetDevInfo, made.handle, &info);
        OK(SKF_DisConnectDev, made.handle);
        has = (info.AlgAsymCap & SGD_RSA) != 0;
        is_known = 1;
    }
    return has;
}

/* ---- SM2 in the test itself, with the core --------------------------------------------- */

static void point_of(uint8_t point[64], const ECCPUBLICKEYBLOB *blob) {
    memcpy(point, blob->XCoordinate + 32, 32);
    memcpy(point + 32, blob->YCoordinate + 32, 32);
}

/* A key pair from outside, in both structures. */
static void outside_pair(ECCPRIVATEKEYBLOB *private_blob, ECCPUBLICKEYBLOB *public_blob) {
    gmpki_sm2_private_key key;
    gmpki_sm2_public_key public_key;
    uint8_t point[64];
    memset(private_blob, 0, sizeof *private_blob);
    memset(public_blob, 0, sizeof *public_blob);
    CHECK(gmpki_sm2_generate(&key) == GMPKI_OK &&
          gmpki_sm2_private_key_store(&key, private_blob->PrivateKey + 32) == GMPKI_OK &&
          gmpki_sm2_private_key_public(&key, &public_key) == GMPKI_OK &&
          gmpki_sm2_public_key_store(&public_key, point, sizeof point) == GMPKI_OK);
    private_blob->BitLen = 256;
    public_blob->BitLen = 256;
    memcpy(public_blob->XCoordinate + 32, point, 32);
    memcpy(public_blob->YCoordinate + 32, point + 32, 32);
}

/* An ECCCIPHERBLOB with room for C2. */
typedef struct cipher_room {
    ECCCIPHERBLOB blob;
    BYTE tail[255];
} cipher_room;

static void empty_cipher(cipher_room *cipher) {
    memset(cipher, 0, sizeof *cipher);
    cipher->blob.CipherLen = 256;
}

#endif /* GMPKI_TESTS_SOFTTOKEN_SKF_SUPPORT_H */
