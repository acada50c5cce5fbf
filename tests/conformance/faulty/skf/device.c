/* Faults of devices: found, connected, described. */
#include "faulty.h"

ULONG DEVAPI SKF_EnumDev(BOOL bPresent, LPSTR szNameList, ULONG *pulSize) {
    if (fault("enum-dev-needs-spare-byte") && szNameList != NULL && pulSize != NULL) {
        ULONG needed = 0;
        ULONG code = NEXT(SKF_EnumDev)(bPresent, NULL, &needed);
        if (code == SAR_OK && *pulSize <= needed) {
            return SAR_BUFFER_TOO_SMALL;
        }
    }
    return NEXT(SKF_EnumDev)(bPresent, szNameList, pulSize);
}

/* The first device that is present takes the place of one that is not. */
static ULONG connect_first(DEVHANDLE *device) {
    char names[4096];
    ULONG size = sizeof names;
    ULONG code = NEXT(SKF_EnumDev)(TRUE, names, &size);
    return code == SAR_OK ? NEXT(SKF_ConnectDev)(names, device) : code;
}

/* The only connection of a driver that has no more than one. */
static DEVHANDLE only_connection;

ULONG DEVAPI SKF_ConnectDev(LPSTR szName, DEVHANDLE *phDev) {
    if (fault("connection-is-one-for-all") && only_connection != NULL && phDev != NULL) {
        *phDev = only_connection;
        return SAR_OK;
    }
    ULONG code = NEXT(SKF_ConnectDev)(szName, phDev);
    if (code != SAR_OK && fault("connect-takes-any-name")) {
        code = connect_first(phDev);
    }
    if (code == SAR_OK) {
        seen_device = *phDev;
        only_connection = *phDev;
        random_connected();
    }
    return code;
}

ULONG DEVAPI SKF_DisConnectDev(DEVHANDLE hDev) {
    if (keeps_lock(hDev)) {
        return SAR_OK;
    }
    if (hDev == only_connection) {
        only_connection = NULL;
    }
    return NEXT(SKF_DisConnectDev)(hDev);
}

ULONG DEVAPI SKF_GetDevState(LPSTR szDevName, ULONG *pulDevState) {
    ULONG code = NEXT(SKF_GetDevState)(szDevName, pulDevState);
    if (code == SAR_OK && fault("device-state-always-present")) {
        *pulDevState = DEV_PRESENT_STATE;
    }
    if (code == SAR_OK && fault("device-state-never-present") && *pulDevState == DEV_PRESENT_STATE) {
        *pulDevState = DEV_UNKNOW_STATE;
    }
    return code;
}

/* ---- described and labelled --------------------------------------------------------------- */

enum { LABEL_LEN = 32 };

/* The label as one connection knows it, where the device should. */
static struct {
    DEVHANDLE device;
    char label[LABEL_LEN];
} connection_label;

ULONG DEVAPI SKF_GetDevInfo(DEVHANDLE hDev, DEVINFO *pDevInfo) {
    ULONG code = NEXT(SKF_GetDevInfo)(hDev, pDevInfo);
    if (code != SAR_OK) {
        return code;
    }
    if (fault("info-text-without-end")) {
        memset(pDevInfo->Issuer, 'x', sizeof pDevInfo->Issuer);
    }
    if (fault("info-more-free-than-there-is")) {
        pDevInfo->FreeSpace = pDevInfo->TotalSpace + 1;
    }
    if (fault("info-free-space-never-changes")) {
        pDevInfo->FreeSpace = pDevInfo->TotalSpace;
    }
    if (fault("info-claims-sm1")) {
        pDevInfo->AlgSymCap |= SGD_SM1_ECB;
        pDevInfo->AlgSymCap &= ~(ULONG)(SGD_SM4_ECB & ~0xFF);
    }
    if (fault("info-without-buffer-sizes")) {
        pDevInfo->MaxECCBufferSize = 0;
        pDevInfo->MaxBufferSize = 0;
    }
    if (fault("info-without-authentication-cipher")) {
        pDevInfo->DevAuthAlgId = 0;
    }
    if (fault("info-without-serial-number")) {
        memset(pDevInfo->SerialNumber, 0, sizeof pDevInfo->SerialNumber);
    }
    if (fault("info-version-of-firmware")) {
        pDevInfo->Version.major = 3;
    }
    if (fault("label-of-connection") && connection_label.device == hDev) {
        memcpy(pDevInfo->Label, connection_label.label, sizeof pDevInfo->Label);
    }
    return code;
}

ULONG DEVAPI SKF_SetLabel(DEVHANDLE hDev, LPSTR szLabel) {
    char label[SEEN_TEXT_MAX];
    if (szLabel == NULL) {
        return NEXT(SKF_SetLabel)(hDev, szLabel);
    }
    seen_text(label, szLabel);
    if (fault("label-of-connection") && strlen(label) < LABEL_LEN) {
        connection_label.device = hDev;
        memcpy(connection_label.label, label, LABEL_LEN);
        return SAR_OK;
    }
    if (fault("label-cut-to-sixteen-bytes")) {
        label[16] = '\0';
    }
    if (fault("label-too-long-cut")) {
        label[LABEL_LEN - 1] = '\0';
    }
    return NEXT(SKF_SetLabel)(hDev, label);
}
