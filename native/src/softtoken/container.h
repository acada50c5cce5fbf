/* Containers and their pairs, as functions of the engine find them. */
#ifndef GMPKI_SOFTTOKEN_CONTAINER_H
#define GMPKI_SOFTTOKEN_CONTAINER_H

#include "softtoken/device.h"

/* What was entered: good until st_leave, or until containers come or go. */
typedef struct st_inside_container {
    st_application *application;
    st_container *container;
    unsigned who;
    int usage; /* with pair */
    st_pair *pair;
} st_inside_container;

/* st_enter_application, and find the container. ST_ERR_NO_CONTAINER. */
ST_CHECKED enum st_status st_enter_container(st_device *device, enum st_entering entering, uint32_t application,
                                             uint32_t container, st_inside_container *inside);
/* And the pair of a usage, which may hold no key. ST_ERR_ARGUMENT for another usage. */
ST_CHECKED enum st_status st_enter_pair(st_device *device, enum st_entering entering, uint32_t application,
                                        uint32_t container, int usage, st_inside_container *inside);

#endif /* GMPKI_SOFTTOKEN_CONTAINER_H */
