/*
 * A driver that does what drivers should not, for tests of the process that runs checks: a function for each mischief.
 */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gmpki/skf.h"

static int handle;

static ULONG list(const char *names, ULONG len, LPSTR out, ULONG *out_len) {
    ULONG room = *out_len;
    *out_len = len;
    if (out == NULL) {
        return SAR_OK;
    }
    if (room < len) {
        return SAR_BUFFER_TOO_SMALL;
    }
    memcpy(out, names, (size_t)len);
    return SAR_OK;
}

GMPKI_SKF_API ULONG DEVAPI SKF_EnumDev(BOOL bPresent, LPSTR szNameList, ULONG *pulSize) {
    (void)bPresent;
    if (getenv("TINY_CRASH_AT_ONCE") != NULL) {
        raise(SIGSEGV);
    }
    return getenv("TINY_NO_DEVICE") != NULL ? list("", 1, szNameList, pulSize) : list("TINY\0", 6, szNameList, pulSize);
}

GMPKI_SKF_API ULONG DEVAPI SKF_ConnectDev(LPSTR szName, DEVHANDLE *phDev) {
    (void)szName;
    *phDev = &handle;
    return SAR_OK;
}

GMPKI_SKF_API ULONG DEVAPI SKF_DisConnectDev(DEVHANDLE hDev) {
    (void)hDev;
    return SAR_OK;
}

/* Crashes on NULL. */
GMPKI_SKF_API ULONG DEVAPI SKF_SetLabel(DEVHANDLE hDev, LPSTR szLabel) {
    (void)hDev;
    fputs("about to look at the label 31415926\n", stderr);
    return *(volatile char *)szLabel == 'x' ? SAR_FAIL : SAR_OK;
}

/* Does not return. */
GMPKI_SKF_API ULONG DEVAPI SKF_LockDev(DEVHANDLE hDev, ULONG ulTimeOut) {
    (void)hDev;
    (void)ulTimeOut;
    for (;;) {
        pause();
    }
}

/* Ends the process. */
GMPKI_SKF_API ULONG DEVAPI SKF_UnlockDev(DEVHANDLE hDev) {
    (void)hDev;
    exit(3);
}

/* Prints, to where its caller's answers go if nobody takes care. */
GMPKI_SKF_API ULONG DEVAPI SKF_GetDevState(LPSTR szDevName, ULONG *pulDevState) {
    (void)szDevName;
    puts("{\"result\": {}}");
    fflush(stdout);
    *pulDevState = 1;
    return SAR_OK;
}

/* Leaves a process behind that keeps all descriptors. */
GMPKI_SKF_API ULONG DEVAPI SKF_CancelWaitForDevEvent(void) {
    if (fork() == 0) {
        for (;;) {
            pause();
        }
    }
    return SAR_OK;
}
