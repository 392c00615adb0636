// SPDX-License-Identifier: Apache-2.0
// expect: .
// Nothing is wrong here: the check must say so.
#ifdef REJECT_CONTROL
#endif
int main() {}
