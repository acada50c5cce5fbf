/* Faults of logging in, and of setting PINs. */
#include "faulty.h"

static CK_SESSION_HANDLE logged_in; /* the session by which somebody has */

static CK_RV log_in(CK_SESSION_HANDLE hSession, CK_USER_TYPE userType, CK_UTF8CHAR *pPin, CK_ULONG ulPinLen) {
    CK_RV rv = NEXT(C_Login)(hSession, userType, pPin, ulPinLen);
    if (fault("login-twice") && rv == CKR_USER_ALREADY_LOGGED_IN) {
        return CKR_OK;
    }
    if (fault("user-type-unchecked") && rv == CKR_USER_TYPE_INVALID) {
        return NEXT(C_Login)(hSession, CKU_USER, pPin, ulPinLen);
    }
    if (fault("login-replaces-other") && rv == CKR_USER_ANOTHER_ALREADY_LOGGED_IN) {
        (void)NEXT(C_Logout)(hSession);
        return NEXT(C_Login)(hSession, userType, pPin, ulPinLen);
    }
    if (fault("officer-beside-readers") && rv == CKR_SESSION_READ_ONLY_EXISTS) {
        return CKR_OK;
    }
    if (fault("pin-not-checked") && rv == CKR_PIN_INCORRECT && userType == CKU_USER) {
        return NEXT(C_Login)(hSession, userType, seen_user.text, seen_user.len);
    }
    if (fault("wrong-pins-not-counted") && rv == CKR_PIN_INCORRECT && userType == CKU_USER) {
        /* The counter is as it was before the power went. */
        (void)NEXT(C_Login)(hSession, userType, seen_user.text, seen_user.len);
        (void)NEXT(C_Logout)(hSession);
    }
    if (fault("wrong-pin-by-other-name") && rv == CKR_PIN_INCORRECT) {
        return CKR_FUNCTION_FAILED;
    }
    if (rv == CKR_OK) {
        logged_in = hSession;
        if (fault("login-outlives-sessions")) {
            (void)hidden_session(slot_of(hSession));
        }
    }
    return rv;
}

static CK_RV log_out(CK_SESSION_HANDLE hSession) {
    CK_RV rv = NEXT(C_Logout)(hSession);
    return fault("logout-always-ok") && rv == CKR_USER_NOT_LOGGED_IN ? CKR_OK : rv;
}

static CK_RV get_session_info(CK_SESSION_HANDLE hSession, CK_SESSION_INFO *pInfo) {
    CK_RV rv = NEXT(C_GetSessionInfo)(hSession, pInfo);
    if (fault("login-by-session") && rv == CKR_OK && hSession != logged_in) {
        pInfo->state = (pInfo->flags & CKF_RW_SESSION) != 0 ? CKS_RW_PUBLIC_SESSION : CKS_RO_PUBLIC_SESSION;
    }
    if (fault("session-flags-missing") && rv == CKR_OK) {
        pInfo->flags = 0;
    }
    return rv;
}

static CK_RV init_pin(CK_SESSION_HANDLE hSession, CK_UTF8CHAR *pPin, CK_ULONG ulPinLen) {
    CK_RV rv = NEXT(C_InitPIN)(hSession, pPin, ulPinLen);
    if (fault("init-pin-by-anybody") && rv == CKR_USER_NOT_LOGGED_IN) {
        return CKR_OK;
    }
    if (fault("short-pin-taken") && rv == CKR_PIN_LEN_RANGE) {
        return CKR_OK;
    }
    if (rv == CKR_OK) {
        see_pin(&seen_user, pPin, ulPinLen);
    }
    return rv;
}

static CK_RV set_pin(CK_SESSION_HANDLE hSession, CK_UTF8CHAR *pOldPin, CK_ULONG ulOldLen, CK_UTF8CHAR *pNewPin,
                     CK_ULONG ulNewLen) {
    if (fault("set-pin-does-nothing")) {
        return CKR_OK;
    }
    CK_RV rv = NEXT(C_SetPIN)(hSession, pOldPin, ulOldLen, pNewPin, ulNewLen);
    if (fault("old-pin-not-checked") && rv == CKR_PIN_INCORRECT) {
        return NEXT(C_SetPIN)(hSession, seen_user.text, seen_user.len, pNewPin, ulNewLen);
    }
    return fault("set-pin-by-reader") && rv == CKR_SESSION_READ_ONLY ? CKR_OK : rv;
}

void replace_login(CK_FUNCTION_LIST *list) {
    list->C_Login = log_in;
    list->C_Logout = log_out;
    list->C_GetSessionInfo = get_session_info;
    list->C_InitPIN = init_pin;
    list->C_SetPIN = set_pin;
}
