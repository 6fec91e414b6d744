/**
 * Golden values in the forms that verifiers read.
 *
 * <p>{@link dev.measure.export.ReferenceSet} holds the right values of each register; every other type writes one form: {@link
 * dev.measure.export.Rvps} for Trustee, {@link dev.measure.export.CorimExport} for what reads CoRIM, {@link
 * dev.measure.export.InToto} for transparency logs, and so on. A form that can hold one value only refuses several: none is picked.
 */
package dev.measure.export;
