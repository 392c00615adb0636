// SPDX-License-Identifier: Apache-2.0
// expect: undeclared
// The right version does not compile either, so the refusal of the wrong one shows nothing.
#ifdef REJECT_CONTROL
int x = undeclared;
#else
int x = undeclared;
#endif
