/* SKF: files (GM/T 0016-2012 7.4). */
#define _POSIX_C_SOURCE 200809L

#include <stdlib.h>
#include <string.h>

#include "softtoken/skf_session.h"

ULONG DEVAPI SKF_CreateFile(HAPPLICATION hApplication, LPSTR szFileName, ULONG ulFileSize, ULONG ulReadRights,
                            ULONG ulWriteRights) {
    st_skf_object *object = st_skf_enter(hApplication, ST_SKF_APPLICATION);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    if (szFileName == NULL) {
        return st_skf_leave(object, ST_ERR_ARGUMENT);
    }
    return st_skf_leave(object, st_file_create(object->device, object->application, szFileName, ulFileSize,
                                               ulReadRights, ulWriteRights));
}

ULONG DEVAPI SKF_DeleteFile(HAPPLICATION hApplication, LPSTR szFileName) {
    st_skf_object *object = st_skf_enter(hApplication, ST_SKF_APPLICATION);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    return st_skf_leave(object, szFileName == NULL ? ST_ERR_ARGUMENT
                                                   : st_file_delete(object->device, object->application, szFileName));
}

/* All files of an application. The caller frees them. Another process may make one between the two questions. */
static enum st_status list_files(const st_skf_object *object, st_file_info **files, size_t *count) {
    enum st_status status = ST_ERR_BUFFER;
    for (int attempt = 0; status == ST_ERR_BUFFER && attempt < 8; attempt++) {
        *count = 0;
        status = st_file_list(object->device, object->application, NULL, count);
        free(*files);
        *files = NULL;
        if (status != ST_OK) {
            return status;
        }
        *files = calloc(*count + 1, sizeof **files);
        if (*files == NULL) {
            return ST_ERR_MEMORY;
        }
        status = st_file_list(object->device, object->application, *files, count);
    }
    return status;
}

ULONG DEVAPI SKF_EnumFiles(HAPPLICATION hApplication, LPSTR szFileList, ULONG *pulSize) {
    st_file_info *files = NULL;
    size_t count = 0;
    st_skf_object *object = st_skf_enter(hApplication, ST_SKF_APPLICATION);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    enum st_status status = pulSize == NULL ? ST_ERR_ARGUMENT : list_files(object, &files, &count);
    if (status == ST_OK) {
        status = st_skf_names(szFileList, pulSize, files[0].name, sizeof files[0], count);
    }
    free(files);
    return st_skf_leave(object, status);
}

ULONG DEVAPI SKF_GetFileInfo(HAPPLICATION hApplication, LPSTR szFileName, FILEATTRIBUTE *pFileInfo) {
    st_file_info info;
    st_skf_object *object = st_skf_enter(hApplication, ST_SKF_APPLICATION);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    if (szFileName == NULL || pFileInfo == NULL) {
        return st_skf_leave(object, ST_ERR_ARGUMENT);
    }
    enum st_status status = st_file_get_info(object->device, object->application, szFileName, &info);
    if (status == ST_OK) {
        memset(pFileInfo, 0, sizeof *pFileInfo);
        memcpy(pFileInfo->FileName, info.name, strnlen(info.name, sizeof pFileInfo->FileName));
        pFileInfo->FileSize = info.size;
        pFileInfo->ReadRights = info.read_rights;
        pFileInfo->WriteRights = info.write_rights;
    }
    return st_skf_leave(object, status);
}

/* How many bytes a read gives: up to the end of the file. */
static enum st_status readable(const st_skf_object *object, const char *name, uint32_t offset, size_t *len) {
    st_file_info info;
    enum st_status status = st_file_get_info(object->device, object->application, name, &info);
    if (status == ST_OK && offset > info.size) {
        status = ST_ERR_FILE_RANGE;
    }
    if (status == ST_OK && *len > info.size - offset) {
        *len = info.size - offset;
    }
    return status;
}

ULONG DEVAPI SKF_ReadFile(HAPPLICATION hApplication, LPSTR szFileName, ULONG ulOffset, ULONG ulSize, BYTE *pbOutData,
                          ULONG *pulOutLen) {
    size_t len = ulSize;
    st_skf_object *object = st_skf_enter(hApplication, ST_SKF_APPLICATION);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    if (szFileName == NULL || pulOutLen == NULL) {
        return st_skf_leave(object, ST_ERR_ARGUMENT);
    }
    enum st_status status = readable(object, szFileName, ulOffset, &len);
    if (status == ST_OK && pbOutData != NULL) {
        status = len > *pulOutLen
                     ? ST_ERR_BUFFER
                     : st_file_read(object->device, object->application, szFileName, ulOffset, pbOutData, &len);
    }
    return st_skf_leave(object, st_skf_length(pulOutLen, len, status));
}

ULONG DEVAPI SKF_WriteFile(HAPPLICATION hApplication, LPSTR szFileName, ULONG ulOffset, BYTE *pbData, ULONG ulSize) {
    st_skf_object *object = st_skf_enter(hApplication, ST_SKF_APPLICATION);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    if (szFileName == NULL || (pbData == NULL && ulSize != 0)) {
        return st_skf_leave(object, ST_ERR_ARGUMENT);
    }
    return st_skf_leave(object,
                        st_file_write(object->device, object->application, szFileName, ulOffset, pbData, ulSize));
}
