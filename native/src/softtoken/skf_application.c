/* SKF: applications (GM/T 0016-2012 7.3). */
#include "softtoken/skf_session.h"

/* A handle for an application that exists. */
static enum st_status open_application(st_skf_object *device, uint32_t application, HAPPLICATION *handle) {
    st_skf_object *object = st_skf_new(ST_SKF_APPLICATION, device);
    if (object == NULL) {
        return ST_ERR_MEMORY;
    }
    object->application = application;
    return st_skf_publish(object, SIZE_MAX, handle);
}

ULONG DEVAPI SKF_CreateApplication(DEVHANDLE hDev, LPSTR szAppName, LPSTR szAdminPin, DWORD dwAdminPinRetryCount,
                                   LPSTR szUserPin, DWORD dwUserPinRetryCount, DWORD dwCreateFileRights,
                                   HAPPLICATION *phApplication) {
    uint32_t application = 0;
    st_skf_object *device = st_skf_enter(hDev, ST_SKF_DEVICE);
    if (device == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    if (szAppName == NULL || szAdminPin == NULL || szUserPin == NULL || phApplication == NULL) {
        return st_skf_leave(device, ST_ERR_ARGUMENT);
    }
    enum st_status status = st_application_create(device->device, szAppName, szAdminPin, dwAdminPinRetryCount,
                                                  szUserPin, dwUserPinRetryCount, dwCreateFileRights, 0, &application);
    if (status == ST_OK) {
        status = open_application(device, application, phApplication);
    }
    return st_skf_leave(device, status);
}

ULONG DEVAPI SKF_EnumApplication(DEVHANDLE hDev, LPSTR szAppName, ULONG *pulSize) {
    uint32_t ids[ST_LIST_MAX];
    char names[ST_LIST_MAX][ST_APPLICATION_NAME_MAX + 1];
    size_t count = ST_LIST_MAX, found = 0;
    st_skf_object *device = st_skf_enter(hDev, ST_SKF_DEVICE);
    if (device == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    enum st_status status = pulSize == NULL ? ST_ERR_ARGUMENT : st_application_list(device->device, ids, &count);
    for (size_t i = 0; status == ST_OK && i < count; i++) {
        status = st_application_name(device->device, ids[i], names[found]);
        if (status == ST_OK) {
            found++;
        } else if (status == ST_ERR_NO_APPLICATION) { /* another process deleted it meanwhile */
            status = ST_OK;
        }
    }
    if (status == ST_OK) {
        status = st_skf_names(szAppName, pulSize, names[0], sizeof names[0], found);
    }
    return st_skf_leave(device, status);
}

ULONG DEVAPI SKF_DeleteApplication(DEVHANDLE hDev, LPSTR szAppName) {
    st_skf_object *device = st_skf_enter(hDev, ST_SKF_DEVICE);
    if (device == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    return st_skf_leave(device, szAppName == NULL ? ST_ERR_ARGUMENT : st_application_delete(device->device, szAppName));
}

ULONG DEVAPI SKF_OpenApplication(DEVHANDLE hDev, LPSTR szAppName, HAPPLICATION *phApplication) {
    uint32_t application = 0;
    st_skf_object *device = st_skf_enter(hDev, ST_SKF_DEVICE);
    if (device == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    if (szAppName == NULL || phApplication == NULL) {
        return st_skf_leave(device, ST_ERR_ARGUMENT);
    }
    enum st_status status = st_application_find(device->device, szAppName, &application);
    if (status == ST_OK) {
        status = open_application(device, application, phApplication);
    }
    return st_skf_leave(device, status);
}

ULONG DEVAPI SKF_CloseApplication(HAPPLICATION hApplication) {
    return st_skf_close(hApplication, ST_SKF_APPLICATION);
}
