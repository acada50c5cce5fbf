/* Faults of the module as a whole. */
#include "faulty.h"

static CK_RV initialize(void *pInitArgs) {
    const CK_C_INITIALIZE_ARGS *args = pInitArgs;
    if (fault("os-locking-refused") && args != NULL && (args->flags & CKF_OS_LOCKING_OK) != 0) {
        return CKR_ARGUMENTS_BAD;
    }
    CK_RV rv = NEXT(C_Initialize)(fault("initialize-ignores-arguments") ? NULL : pInitArgs);
    return fault("initialize-twice") && rv == CKR_CRYPTOKI_ALREADY_INITIALIZED ? CKR_OK : rv;
}

static CK_RV finalize(void *pReserved) {
    if (fault("finalize-does-nothing")) {
        return CKR_OK;
    }
    return NEXT(C_Finalize)(fault("finalize-ignores-argument") ? NULL : pReserved);
}

static CK_RV get_info(CK_INFO *pInfo) {
    if (fault("crash-on-null-info")) {
        pInfo->flags = 0;
    }
    if (fault("null-info-taken") && pInfo == NULL) {
        return CKR_OK;
    }
    CK_RV rv = NEXT(C_GetInfo)(pInfo);
    if (fault("info-ends-with-zero") && rv == CKR_OK) {
        pInfo->manufacturerID[sizeof pInfo->manufacturerID - 1] = 0;
    }
    return rv;
}

static CK_RV get_function_status(CK_SESSION_HANDLE hSession) {
    return fault("function-status-ok") ? CKR_OK : NEXT(C_GetFunctionStatus)(hSession);
}

void replace_general(CK_FUNCTION_LIST *list) {
    list->C_Initialize = initialize;
    list->C_Finalize = finalize;
    list->C_GetInfo = get_info;
    list->C_GetFunctionStatus = get_function_status;
}
