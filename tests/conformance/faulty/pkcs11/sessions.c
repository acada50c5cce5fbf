/* Faults of sessions: opened, closed, described; and of initialising a token
 * that is in use. */
#include "faulty.h"

static CK_RV open_session(CK_SLOT_ID slotID, CK_FLAGS flags, void *pApplication, CK_FN_NOTIFY *Notify,
                          CK_SESSION_HANDLE *phSession) {
    static CK_SESSION_HANDLE shared;
    if (fault("parallel-session-opened")) {
        flags |= CKF_SERIAL_SESSION;
    }
    if (fault("every-session-writes")) {
        flags |= CKF_RW_SESSION;
    }
    if (fault("one-handle-for-all") && phSession != NULL && shared != 0 && slot_of(shared) == slotID) {
        *phSession = shared;
        return CKR_OK;
    }
    if (fault("reader-beside-officer")) {
        CK_RV rv = NEXT(C_OpenSession)(slotID, flags, pApplication, Notify, phSession);
        return rv == CKR_SESSION_READ_WRITE_SO_EXISTS
                   ? NEXT(C_OpenSession)(slotID, flags | CKF_RW_SESSION, pApplication, Notify, phSession)
                   : rv;
    }
    CK_RV rv = NEXT(C_OpenSession)(slotID, flags, pApplication, Notify, phSession);
    if (rv == CKR_OK) {
        shared = *phSession;
    }
    return rv;
}

static CK_RV close_session(CK_SESSION_HANDLE hSession) {
    return fault("closed-session-lives") ? CKR_OK : NEXT(C_CloseSession)(hSession);
}

static CK_RV close_all_sessions(CK_SLOT_ID slotID) {
    return fault("close-all-closes-none") ? CKR_OK : NEXT(C_CloseAllSessions)(slotID);
}

static CK_RV init_token(CK_SLOT_ID slotID, CK_UTF8CHAR *pPin, CK_ULONG ulPinLen, CK_UTF8CHAR *pLabel) {
    if (fault("token-in-use-initialized")) {
        (void)NEXT(C_CloseAllSessions)(slotID);
    }
    see_pin(&seen_officer, pPin, ulPinLen);
    return NEXT(C_InitToken)(slotID, pPin, ulPinLen, pLabel);
}

void replace_sessions(CK_FUNCTION_LIST *list) {
    list->C_OpenSession = open_session;
    list->C_CloseSession = close_session;
    list->C_CloseAllSessions = close_all_sessions;
    list->C_InitToken = init_token;
}
