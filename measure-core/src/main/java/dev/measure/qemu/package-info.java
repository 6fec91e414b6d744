/**
 * Virtual machines as their owners write them down: QEMU command lines and libvirt domains, read for what is measured.
 *
 * <pre>{@code
 * QemuGuest guest = QemuCommandLine.read(Source.open(Path.of("start.sh")));
 * guest.vcpus();
 * }</pre>
 */
package dev.measure.qemu;
