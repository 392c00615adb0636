// SPDX-License-Identifier: Apache-2.0
// expect: the message of a static_assert that is not here
// Refused, but for another reason than the one expected.
#ifndef REJECT_CONTROL
static_assert(sizeof(char) == 2, "some other message");
#endif
