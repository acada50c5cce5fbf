/* The module: C_Initialize, C_Finalize, C_GetInfo, and the lock that every other function takes. */
#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "softtoken/p11.h"
#include "softtoken/p11_text.h"

static pthread_mutex_t own_lock = PTHREAD_MUTEX_INITIALIZER;
static int initialized;
static pid_t owner; /* the process that called C_Initialize */

/* The caller's mutex functions (2.40, 5.4); all NULL: own_lock. */
static CK_C_INITIALIZE_ARGS functions;
static void *caller_lock;

static int is_ours(void) {
    return initialized && owner == getpid();
}

static CK_RV lock(void) {
    if (functions.LockMutex != NULL) {
        return functions.LockMutex(caller_lock) == CKR_OK ? CKR_OK : CKR_GENERAL_ERROR;
    }
    return pthread_mutex_lock(&own_lock) == 0 ? CKR_OK : CKR_GENERAL_ERROR;
}

static void unlock(void) {
    if (functions.UnlockMutex != NULL) {
        (void)functions.UnlockMutex(caller_lock);
    } else {
        (void)pthread_mutex_unlock(&own_lock);
    }
}

CK_RV st_p11_enter(void) {
    if (!is_ours()) {
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    }
    CK_RV rv = lock();
    if (rv == CKR_OK && !initialized) { /* finalised while this call waited */
        unlock();
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    }
    st_caller(NULL);
    return rv;
}

CK_RV st_p11_enter_session(CK_SESSION_HANDLE handle, st_p11_session **session) {
    CK_RV rv = st_p11_enter();
    if (rv != CKR_OK) {
        return rv;
    }
    *session = st_p11_session_find(handle);
    return *session != NULL ? CKR_OK : st_p11_leave(CKR_SESSION_HANDLE_INVALID);
}

CK_RV st_p11_leave(CK_RV rv) {
    unlock();
    return rv;
}

CK_RV st_p11_leave_session(st_p11_session *session, CK_RV rv) {
    if (rv == CKR_DEVICE_REMOVED) {
        st_p11_slot_reset(session->slot);
    } else if (rv == CKR_USER_NOT_LOGGED_IN) {
        st_p11_login_check(session->slot);
    }
    return st_p11_leave(rv);
}

/* ---- initialisation ---------------------------------------------------------------------- */

/* The mutex functions come all or none. With CKF_OS_LOCKING_OK those of the system serve. */
static CK_RV take_arguments(const CK_C_INITIALIZE_ARGS *args) {
    int given = (args->CreateMutex != NULL) + (args->DestroyMutex != NULL) + (args->LockMutex != NULL) +
                (args->UnlockMutex != NULL);
    if (args->pReserved != NULL || (given != 0 && given != 4)) {
        return CKR_ARGUMENTS_BAD;
    }
    if (given == 0 || (args->flags & CKF_OS_LOCKING_OK) != 0) {
        return CKR_OK;
    }
    if (args->CreateMutex(&caller_lock) != CKR_OK) {
        return CKR_CANT_LOCK;
    }
    functions = *args;
    return CKR_OK;
}

static void forget_arguments(void) {
    if (functions.DestroyMutex != NULL && owner == getpid()) {
        (void)functions.DestroyMutex(caller_lock);
    }
    memset(&functions, 0, sizeof functions);
    caller_lock = NULL;
}

CK_RV C_Initialize(void *pInitArgs) {
    if (is_ours()) {
        return CKR_CRYPTOKI_ALREADY_INITIALIZED;
    }
    if (initialized) {
        /* In a forked child: the lock may have been held when it was made, and nothing of the parent's is ours. */
        static const pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
        own_lock = fresh;
        forget_arguments();
        st_p11_slots_free();
        initialized = 0;
    }
    CK_RV rv = pInitArgs != NULL ? take_arguments(pInitArgs) : CKR_OK;
    if (rv != CKR_OK) {
        return rv;
    }
    owner = getpid();
    initialized = 1;
    return CKR_OK;
}

CK_RV C_Finalize(void *pReserved) {
    if (pReserved != NULL) {
        return CKR_ARGUMENTS_BAD;
    }
    CK_RV rv = st_p11_enter();
    if (rv != CKR_OK) {
        return rv;
    }
    st_p11_slots_free();
    initialized = 0;
    unlock();
    forget_arguments();
    return CKR_OK;
}

CK_RV C_GetInfo(CK_INFO *pInfo) {
    CK_RV rv = st_p11_enter();
    if (rv != CKR_OK) {
        return rv;
    }
    if (pInfo == NULL) {
        return st_p11_leave(CKR_ARGUMENTS_BAD);
    }
    memset(pInfo, 0, sizeof *pInfo);
    pInfo->cryptokiVersion = (CK_VERSION){3, 0};
    st_p11_blank_fill(pInfo->manufacturerID, sizeof pInfo->manufacturerID, ST_P11_MANUFACTURER);
    st_p11_blank_fill(pInfo->libraryDescription, sizeof pInfo->libraryDescription, "software token, not certified");
    pInfo->libraryVersion = st_p11_version();
    return st_p11_leave(CKR_OK);
}
