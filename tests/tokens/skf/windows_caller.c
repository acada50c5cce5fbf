/*
 * Loads a driver the way gmpki does on Windows and calls it by skf.h. Prints what it finds, one line a step; the exit
 * code is 0 when every step went well.
 */
#include <stdio.h>
#include <string.h>

#include "gmpki/skf.h"

typedef ULONG(DEVAPI *enum_dev)(BOOL, LPSTR, ULONG *);
typedef ULONG(DEVAPI *connect_dev)(LPSTR, DEVHANDLE *);
typedef ULONG(DEVAPI *get_dev_info)(DEVHANDLE, DEVINFO *);
typedef ULONG(DEVAPI *encrypt_init)(HANDLE, BLOCKCIPHERPARAM);
typedef ULONG(DEVAPI *import_session_key)(HCONTAINER, ULONG, BYTE *, ULONG, HANDLE *);
typedef ULONG(DEVAPI *encrypt_final)(HANDLE, BYTE *, ULONG *);
typedef ULONG(DEVAPI *disconnect_dev)(DEVHANDLE);

static int failures;

static void step(const char *name, int good) {
    printf("%s %s\n", name, good ? "ok" : "FAILED");
    failures += !good;
}

/* The wanted function, by either of two names; through memcpy, as C has no cast from FARPROC to it without a warning.
 */
static void find(HMODULE driver, const char *name, const char *other, void *function) {
    FARPROC found = GetProcAddress(driver, name);
    if (found == NULL) {
        found = GetProcAddress(driver, other);
    }
    memcpy(function, &found, sizeof found);
}

int main(int argc, char **argv) {
    enum_dev enumerate;
    connect_dev connect;
    get_dev_info describe;
    encrypt_init begin;
    import_session_key import;
    encrypt_final end;
    disconnect_dev disconnect;
    char names[64];
    ULONG length = 0;
    DEVHANDLE device = NULL;
    HANDLE key = NULL;
    DEVINFO info;
    ECCCIPHERBLOB wrapped;
    BLOCKCIPHERPARAM parameters;
    BYTE shown[64];
    HMODULE driver = argc == 2 ? LoadLibraryExA(argv[1], NULL, LOAD_WITH_ALTERED_SEARCH_PATH) : NULL;

    step("load", driver != NULL);
    if (driver == NULL) {
        return 1;
    }
    find(driver, "SKF_EnumDev", "_SKF_EnumDev@12", &enumerate);
    find(driver, "SKF_ConnectDev", "_SKF_ConnectDev@8", &connect);
    find(driver, "SKF_GetDevInfo", "_SKF_GetDevInfo@8", &describe);
    find(driver, "SKF_EncryptInit", "_SKF_EncryptInit@48", &begin);
    find(driver, "SKF_ImportSessionKey", "_SKF_ImportSessionKey@20", &import);
    find(driver, "SKF_EncryptFinal", "_SKF_EncryptFinal@12", &end);
    find(driver, "SKF_DisConnectDev", "SKF_DisconnectDev", &disconnect);
    if (!enumerate || !connect || !describe || !begin || !import || !end || !disconnect) {
        step("symbols", 0);
        return 1;
    }
    step("missing symbol", GetProcAddress(driver, "SKF_GenRandom") == NULL);
    step("size", enumerate(TRUE, NULL, &length) == SAR_OK && length == 7);
    step("list", enumerate(TRUE, names, &length) == SAR_OK && strcmp(names, "MOCK1") == 0);
    step("connect", connect(names, &device) == SAR_OK);
    step("describe", describe(device, &info) == SAR_OK && strcmp(info.SerialNumber, "0123456789") == 0 &&
                         info.TotalSpace == 65536 && info.MaxBufferSize == 1024);
    memset(&wrapped, 0, sizeof wrapped);
    memset(wrapped.HASH, 0x33, sizeof wrapped.HASH);
    wrapped.CipherLen = 1;
    step("import", import(device, SGD_SM4_CBC, (BYTE *)&wrapped,
                          (ULONG)(offsetof(ECCCIPHERBLOB, Cipher) + wrapped.CipherLen), &key) == SAR_OK);
    memset(&parameters, 7, sizeof parameters.IV);
    parameters.IVLen = 16;
    parameters.PaddingType = 1;
    parameters.FeedBitLen = 128;
    length = sizeof shown;
    step("by value", begin(key, parameters) == SAR_OK && end(key, shown, &length) == SAR_OK && length == 35 &&
                         shown[0] == 7 && shown[32] == 16 && shown[33] == 1 && shown[34] == 128);
    step("disconnect", disconnect(device) == SAR_OK);
    printf("%d failed\n", failures);
    return failures != 0;
}
