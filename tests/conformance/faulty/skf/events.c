/* Faults of the exclusive use of devices, and of waiting for what happens to them. */
#define _POSIX_C_SOURCE 200809L
#include <time.h>

#include "faulty.h"

/* ---- the exclusive use ---------------------------------------------------------------------- */

enum { MS_IN_S = 1000, IMPATIENT_MS = 50 };

static DEVHANDLE locked;

ULONG DEVAPI SKF_LockDev(DEVHANDLE hDev, ULONG ulTimeOut) {
    if (fault("lock-does-nothing")) {
        return SAR_OK;
    }
    if (fault("lock-does-not-wait")) {
        ulTimeOut = IMPATIENT_MS;
    }
    if (fault("lock-waits-seconds") && ulTimeOut != SKF_LOCK_FOREVER) {
        ulTimeOut *= MS_IN_S;
    }
    ULONG code = NEXT(SKF_LockDev)(hDev, ulTimeOut);
    if (code == SAR_OK) {
        locked = hDev;
    }
    return code;
}

ULONG DEVAPI SKF_UnlockDev(DEVHANDLE hDev) {
    if (fault("lock-does-nothing") || fault("unlock-does-nothing")) {
        return SAR_OK;
    }
    if (locked == hDev) {
        locked = NULL;
    }
    return NEXT(SKF_UnlockDev)(hDev);
}

int keeps_lock(DEVHANDLE device) {
    return fault("disconnect-keeps-lock") && locked == device && device != NULL;
}

/* ---- waiting for events ----------------------------------------------------------------------- */

static volatile unsigned waiting;
static volatile unsigned cancels;

ULONG DEVAPI SKF_WaitForDevEvent(LPSTR szDevName, ULONG *pulDevNameLen, ULONG *pulEvent) {
    if (fault("wait-returns-at-once") || (fault("wait-stays-cancelled") && cancels != 0)) {
        return SAR_NOT_EVENTERR;
    }
    waiting++;
    ULONG code = NEXT(SKF_WaitForDevEvent)(szDevName, pulDevNameLen, pulEvent);
    waiting--;
    return code;
}

ULONG DEVAPI SKF_CancelWaitForDevEvent(void) {
    cancels++;
    if (fault("wait-not-cancelled")) {
        return SAR_OK;
    }
    return NEXT(SKF_CancelWaitForDevEvent)();
}

void hold_while_waiting(const char *function) {
    struct timespec pause = {0, 10000000};
    if (fault("wait-holds-the-driver") && strstr(function, "DevEvent") == NULL) {
        while (waiting != 0) {
            (void)nanosleep(&pause, NULL);
        }
    }
}
