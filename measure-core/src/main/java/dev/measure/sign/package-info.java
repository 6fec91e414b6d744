/** Keys on the NIST curves, for what is signed to be read by others: manifests (COSE) and statements (DSSE). */
package dev.measure.sign;
