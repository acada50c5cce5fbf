/* SKF: device authentication and PINs (GM/T 0016-2012 7.2). */
#include "softtoken/skf_session.h"

enum { DEVICE_KEY_LEN = 16 };

ULONG DEVAPI SKF_ChangeDevAuthKey(DEVHANDLE hDev, BYTE *pbKeyValue, ULONG ulKeyLen) {
    st_skf_object *object = st_skf_enter(hDev, ST_SKF_DEVICE);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    enum st_status status = ST_OK;
    if (pbKeyValue == NULL) {
        status = ST_ERR_ARGUMENT;
    } else if (ulKeyLen != DEVICE_KEY_LEN) {
        status = ST_ERR_INPUT_LEN;
    } else {
        status = st_device_change_key(object->device, pbKeyValue);
    }
    return st_skf_leave(object, status);
}

ULONG DEVAPI SKF_DevAuth(DEVHANDLE hDev, BYTE *pbAuthData, ULONG ulLen) {
    st_skf_object *object = st_skf_enter(hDev, ST_SKF_DEVICE);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    enum st_status status = ST_OK;
    if (pbAuthData == NULL) {
        status = ST_ERR_ARGUMENT;
    } else if (ulLen != DEVICE_KEY_LEN) {
        status = ST_ERR_INPUT_LEN;
    } else {
        status = st_device_authenticate(object->device, pbAuthData);
    }
    return st_skf_leave(object, status);
}

/* Whose PIN. */
static enum st_status role_of(ULONG type, int *role) {
    if (type != ADMIN_TYPE && type != USER_TYPE) {
        return ST_ERR_PIN_ROLE;
    }
    *role = type == ADMIN_TYPE ? ST_ADMIN : ST_USER;
    return ST_OK;
}

/* The tries left, where the engine looked at a PIN. */
static void report_tries(ULONG *target, enum st_status status, uint32_t tries_left) {
    if (status == ST_OK || status == ST_ERR_PIN_INCORRECT || status == ST_ERR_PIN_LOCKED) {
        *target = tries_left;
    }
}

ULONG DEVAPI SKF_ChangePIN(HAPPLICATION hApplication, ULONG ulPINType, LPSTR szOldPin, LPSTR szNewPin,
                           ULONG *pulRetryCount) {
    int role = ST_USER;
    uint32_t tries_left = 0;
    st_skf_object *object = st_skf_enter(hApplication, ST_SKF_APPLICATION);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    if (szOldPin == NULL || szNewPin == NULL || pulRetryCount == NULL) {
        return st_skf_leave(object, ST_ERR_ARGUMENT);
    }
    enum st_status status = role_of(ulPINType, &role);
    if (status == ST_OK) {
        status = st_pin_change(object->device, object->application, role, szOldPin, szNewPin, &tries_left);
        report_tries(pulRetryCount, status, tries_left);
    }
    return st_skf_leave(object, status);
}

ULONG DEVAPI SKF_GetPINInfo(HAPPLICATION hApplication, ULONG ulPINType, ULONG *pulMaxRetryCount,
                            ULONG *pulRemainRetryCount, BOOL *pbDefaultPin) {
    int role = ST_USER;
    st_pin_info info;
    st_skf_object *object = st_skf_enter(hApplication, ST_SKF_APPLICATION);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    if (pulMaxRetryCount == NULL || pulRemainRetryCount == NULL || pbDefaultPin == NULL) {
        return st_skf_leave(object, ST_ERR_ARGUMENT);
    }
    enum st_status status = role_of(ulPINType, &role);
    if (status == ST_OK) {
        status = st_pin_get_info(object->device, object->application, role, &info);
    }
    if (status == ST_OK) {
        *pulMaxRetryCount = info.max_tries;
        *pulRemainRetryCount = info.tries_left;
        *pbDefaultPin = info.is_default ? TRUE : FALSE;
    }
    return st_skf_leave(object, status);
}

ULONG DEVAPI SKF_VerifyPIN(HAPPLICATION hApplication, ULONG ulPINType, LPSTR szPIN, ULONG *pulRetryCount) {
    int role = ST_USER;
    uint32_t tries_left = 0;
    st_skf_object *object = st_skf_enter(hApplication, ST_SKF_APPLICATION);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    if (szPIN == NULL || pulRetryCount == NULL) {
        return st_skf_leave(object, ST_ERR_ARGUMENT);
    }
    enum st_status status = role_of(ulPINType, &role);
    if (status == ST_OK) {
        status = st_pin_verify(object->device, object->application, role, szPIN, &tries_left);
        report_tries(pulRetryCount, status, tries_left);
    }
    return st_skf_leave(object, status);
}

ULONG DEVAPI SKF_UnblockPIN(HAPPLICATION hApplication, LPSTR szAdminPIN, LPSTR szNewUserPIN, ULONG *pulRetryCount) {
    uint32_t tries_left = 0;
    st_skf_object *object = st_skf_enter(hApplication, ST_SKF_APPLICATION);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    if (szAdminPIN == NULL || szNewUserPIN == NULL || pulRetryCount == NULL) {
        return st_skf_leave(object, ST_ERR_ARGUMENT);
    }
    enum st_status status = st_pin_unblock(object->device, object->application, szAdminPIN, szNewUserPIN, &tries_left);
    report_tries(pulRetryCount, status, tries_left);
    return st_skf_leave(object, status);
}

ULONG DEVAPI SKF_ClearSecureState(HAPPLICATION hApplication) {
    st_skf_object *object = st_skf_enter(hApplication, ST_SKF_APPLICATION);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    return st_skf_leave(object, st_logout(object->device, object->application));
}
