/**
 * Inside of the OFD reader: what makes painted text unseen afterwards: clip regions, and areas painted over it.
 */
#ifndef VOUCH_DECODE_OFD_COVER_H
#define VOUCH_DECODE_OFD_COVER_H

#include "ofd_walk.h"

/** The box around what an object's Clips leave of it, points of the page. @return false when it has none */
bool ofd_clip_bounds(const ofd_object *object, vouch_box *out);

/**
 * The upright rectangle that a path paints opaquely, points of the page.
 *
 * @return false for other shapes, transparent or blended paint: then what is below may be seen
 */
bool ofd_opaque_rectangle(const ofd_object *object, vouch_box *out);

#endif
