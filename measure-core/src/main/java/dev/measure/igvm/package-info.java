/**
 * IGVM files: a guest's first memory and registers as a list of directives.
 *
 * <pre>{@code
 * IgvmFile file = IgvmFile.read(Source.open(Path.of("guest.igvm")));
 * file.platforms();                         // which kinds of guest it is for
 * file.mask(IgvmPlatformType.SEV_SNP);      // the bit that marks the directives of one kind
 * file.directives();                        // pages, parameters and vCPU contexts, in the order of the launch
 * }</pre>
 *
 * <p>Start at {@link dev.measure.igvm.IgvmFile}; {@link dev.measure.igvm.IgvmHeader} has one record for each structure of the
 * format, {@link dev.measure.igvm.IgvmWriter} writes a file, and {@link dev.measure.igvm.IgvmDataHob} is how edk2 finds Secure
 * Boot keys, shim and kernel in the pages of such a file. What a launch of the file measures is for the technologies to say.
 */
package dev.measure.igvm;
