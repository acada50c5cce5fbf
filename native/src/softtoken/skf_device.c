/* SKF: devices (GM/T 0016-2012 7.1), and how one is made. */
#define _POSIX_C_SOURCE 200809L

#include <string.h>

#include "softtoken/skf_blobs.h"
#include "softtoken/skf_session.h"

/* An event whose name did not fit is not lost: the next wait gives it. */
static struct {
    pthread_mutex_t lock;
    int event; /* 0: none */
    char serial[ST_SERIAL_MAX + 1];
} pending = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int take_pending(char serial[ST_SERIAL_MAX + 1]) {
    pthread_mutex_lock(&pending.lock);
    int event = pending.event;
    memcpy(serial, pending.serial, sizeof pending.serial);
    pending.event = 0;
    pthread_mutex_unlock(&pending.lock);
    return event;
}

static void keep_pending(const char serial[ST_SERIAL_MAX + 1], int event) {
    pthread_mutex_lock(&pending.lock);
    pending.event = event;
    memcpy(pending.serial, serial, sizeof pending.serial);
    pthread_mutex_unlock(&pending.lock);
}

ULONG DEVAPI SKF_WaitForDevEvent(LPSTR szDevName, ULONG *pulDevNameLen, ULONG *pulEvent) {
    char serial[ST_SERIAL_MAX + 1];
    if (szDevName == NULL || pulDevNameLen == NULL || pulEvent == NULL) {
        return SAR_INVALIDPARAMERR;
    }
    int event = take_pending(serial);
    enum st_status status = event != 0 ? ST_OK : st_event_wait(serial, &event);
    if (status == ST_OK) {
        status = st_skf_bytes((BYTE *)szDevName, pulDevNameLen, serial, strlen(serial) + 1);
        if (status == ST_OK) {
            *pulEvent = event == ST_INSERTED ? SKF_EVENT_INSERTED : SKF_EVENT_REMOVED;
        } else {
            keep_pending(serial, event);
        }
    }
    return st_skf_code(status);
}

ULONG DEVAPI SKF_CancelWaitForDevEvent(void) {
    st_event_cancel();
    return SAR_OK;
}

ULONG DEVAPI SKF_EnumDev(BOOL bPresent, LPSTR szNameList, ULONG *pulSize) {
    char serials[ST_LIST_MAX][ST_SERIAL_MAX + 1];
    size_t count = ST_LIST_MAX;
    enum st_status status = st_device_list(bPresent != FALSE, serials, &count);
    if (status == ST_OK) {
        status = st_skf_names(szNameList, pulSize, serials[0], sizeof serials[0], count);
    }
    return st_skf_code(status);
}

ULONG DEVAPI SKF_ConnectDev(LPSTR szName, DEVHANDLE *phDev) {
    if (szName == NULL || phDev == NULL) {
        return SAR_INVALIDPARAMERR;
    }
    st_skf_object *object = st_skf_new(ST_SKF_DEVICE, NULL);
    if (object == NULL) {
        return SAR_MEMORYERR;
    }
    st_caller(object);
    enum st_status status = st_device_open(szName, &object->device);
    if (status != ST_OK) {
        object->device = NULL;
        st_skf_discard(object);
        return st_skf_code(status);
    }
    return st_skf_code(st_skf_publish(object, SIZE_MAX, phDev));
}

ULONG DEVAPI SKF_DisConnectDev(DEVHANDLE hDev) {
    st_skf_object *object = st_skf_enter(hDev, ST_SKF_DEVICE);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    /* At once, even if another thread's call keeps the connection alive for a moment. Most often nothing is locked. */
    enum st_status ignored = st_device_unlock(object->device, object);
    (void)ignored;
    ULONG closed = st_skf_close(hDev, ST_SKF_DEVICE);
    ULONG left = st_skf_leave(object, ST_OK);
    return closed != SAR_OK ? closed : left;
}

ULONG DEVAPI SKF_GetDevState(LPSTR szDevName, ULONG *pulDevState) {
    int state = ST_UNKNOWN;
    if (szDevName == NULL || pulDevState == NULL) {
        return SAR_INVALIDPARAMERR;
    }
    enum st_status status = st_device_state(szDevName, &state);
    if (status == ST_OK) {
        *pulDevState = state == ST_PRESENT  ? DEV_PRESENT_STATE
                       : state == ST_ABSENT ? DEV_ABSENT_STATE
                                            : DEV_UNKNOW_STATE;
    }
    return st_skf_code(status);
}

ULONG DEVAPI SKF_SetLabel(DEVHANDLE hDev, LPSTR szLabel) {
    st_skf_object *object = st_skf_enter(hDev, ST_SKF_DEVICE);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    return st_skf_leave(object, szLabel == NULL ? ST_ERR_ARGUMENT : st_device_set_label(object->device, szLabel));
}

/* What the token is: the text fields say that it is software, whatever label its owner gave it. */
void st_skf_info_write(DEVINFO *target, const st_device_info *info) {
    static const char manufacturer[] = "gmpki SOFTWARE TOKEN";
    static const char issuer[] = "not certified hardware";
    memset(target, 0, sizeof *target);
    target->Version.major = 1;
    memcpy(target->Manufacturer, manufacturer, sizeof manufacturer);
    memcpy(target->Issuer, issuer, sizeof issuer);
    memcpy(target->Label, info->label, sizeof info->label);
    memcpy(target->SerialNumber, info->serial, sizeof info->serial);
    target->HWVersion.major = 1;
    target->FirmwareVersion.major = 1;
    target->AlgSymCap = SGD_SM4_ECB | SGD_SM4_CBC | SGD_SM4_CFB | SGD_SM4_OFB | SGD_SM4_MAC;
    /* Both numberings of SM2 are taken. RSA and the hashes of others are there when libcrypto is. */
    target->AlgAsymCap = SGD_SM2_1_DRAFT | SGD_SM2_1 | SGD_SM2_2 | SGD_SM2_3;
    target->AlgHashCap = SGD_SM3;
    if (st_libcrypto_available()) {
        target->AlgAsymCap |= SGD_RSA;
        target->AlgHashCap |= SGD_SHA1 | SGD_SHA256;
    }
    target->DevAuthAlgId = SGD_SM4_ECB;
    target->TotalSpace = info->total_space;
    target->FreeSpace = info->free_space;
    target->MaxECCBufferSize = ST_SKF_MAX_ECC_PLAINTEXT;
    target->MaxBufferSize = 65536; /* what a caller is advised to pass at once; more is taken */
}

ULONG DEVAPI SKF_GetDevInfo(DEVHANDLE hDev, DEVINFO *pDevInfo) {
    st_device_info info;
    st_skf_object *object = st_skf_enter(hDev, ST_SKF_DEVICE);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    enum st_status status = pDevInfo == NULL ? ST_ERR_ARGUMENT : st_device_get_info(object->device, &info);
    if (status == ST_OK) {
        st_skf_info_write(pDevInfo, &info);
    }
    return st_skf_leave(object, status);
}

ULONG DEVAPI SKF_LockDev(DEVHANDLE hDev, ULONG ulTimeOut) {
    st_skf_object *object = st_skf_enter(hDev, ST_SKF_DEVICE);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    return st_skf_leave(object, st_device_lock(object->device, object, ulTimeOut));
}

ULONG DEVAPI SKF_UnlockDev(DEVHANDLE hDev) {
    st_skf_object *object = st_skf_enter(hDev, ST_SKF_DEVICE);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    return st_skf_leave(object, st_device_unlock(object->device, object));
}

/* What goes to the card, under the lock of its session. */
static enum st_status transmit(st_skf_object *object, const BYTE *command, ULONG command_len, BYTE *answer,
                               ULONG *answer_len) {
    size_t len = *answer_len;
    enum st_status status = ST_OK;
    pthread_mutex_lock(&object->lock);
    if (object->as.card == NULL) {
        status = st_apdu_new(&object->as.card, object->device);
    }
    if (status == ST_OK) {
        status = st_apdu_transmit(object->as.card, command, command_len, answer, &len);
    }
    pthread_mutex_unlock(&object->lock);
    return st_skf_length(answer_len, len, status);
}

/* Card commands (GM/T 0017-2012). How long an answer will be is not known before, so there is no asking for it: what
 * does not fit waits for GET RESPONSE. */
ULONG DEVAPI SKF_Transmit(DEVHANDLE hDev, BYTE *pbCommand, ULONG ulCommandLen, BYTE *pbData, ULONG *pulDataLen) {
    st_skf_object *object = st_skf_enter(hDev, ST_SKF_DEVICE);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    int complete = pbCommand != NULL && ulCommandLen != 0 && pbData != NULL && pulDataLen != NULL;
    return st_skf_leave(object,
                        complete ? transmit(object, pbCommand, ulCommandLen, pbData, pulDataLen) : ST_ERR_ARGUMENT);
}

ULONG DEVAPI SKF_SoftCreateDevice(LPSTR szFolder, LPSTR szSettings, LPSTR szDevName, ULONG *pulDevNameLen) {
    char serial[ST_SERIAL_MAX + 1];
    if (pulDevNameLen == NULL) {
        return SAR_INVALIDPARAMERR;
    }
    /* How long the name will be is not known before, so there must be room for the longest. */
    ULONG room = *pulDevNameLen;
    if (szDevName == NULL || room < sizeof serial) {
        *pulDevNameLen = sizeof serial;
        return szDevName == NULL ? SAR_OK : SAR_BUFFER_TOO_SMALL;
    }
    enum st_status status = st_device_create(szFolder, szSettings, serial);
    if (status == ST_OK) {
        status = st_skf_bytes((BYTE *)szDevName, pulDevNameLen, serial, strlen(serial) + 1);
    }
    return st_skf_code(status);
}
