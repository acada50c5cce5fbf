/*
 * The state of a software token from arbitrary bytes: refused, or a model that encodes to the very same bytes. Without
 * the MAC in front, which no guess would pass.
 */
#include "fuzz.h"

#include <string.h>

#include "softtoken/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    st_model *model = NULL;
    enum st_status status = st_model_decode(&model, data, len);
    if (status != ST_OK) {
        REQUIRE(model == NULL && (status == ST_ERR_DAMAGED || status == ST_ERR_MEMORY));
        return 0;
    }
    st_bytes again = {NULL, 0};
    REQUIRE(st_model_encode(model, &again) == ST_OK);
    REQUIRE(again.len == len && memcmp(again.data, data, len) == 0);
    REQUIRE(st_model_has_room(model, 0) == (st_model_used_space(model) <= model->profile.total_space));
    st_bytes_clear(&again);
    st_model_free(model);
    return 0;
}
