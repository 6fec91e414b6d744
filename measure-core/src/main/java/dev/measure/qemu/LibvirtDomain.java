package dev.measure.qemu;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A libvirt domain (https://libvirt.org/formatdomain.html), translated into the options that libvirt gives to QEMU, so that the same
 * rules hold for both. Arguments in the {@code qemu} namespace come last, as libvirt puts them.
 */
public final class LibvirtDomain {
    private static final String QEMU = "http://libvirt.org/schemas/domain/qemu/1.0";
    private static final String SECURITY = "lsec0";

    private final Source source;
    private final XmlElement domain;
    private final QemuOptions options;

    private LibvirtDomain(Source source, XmlElement domain) {
        this.source = source;
        this.domain = domain;
        this.options = new QemuOptions(source);
    }

    /**
     * {@return the guest that a domain describes}
     *
     * @param source the XML
     * @throws MalformedInputException if it is no domain of a PC, or cannot be read
     */
    public static QemuGuest read(Source source) {
        XmlElement root = XmlElement.read(source);
        if (!root.name().equals("domain")) {
            throw new MalformedInputException(
                    source.name(),
                    source.start() + root.offset(),
                    "the root element domain",
                    root.name(),
                    "`virsh dumpxml NAME` writes a domain");
        }
        return new LibvirtDomain(source, root).guest();
    }

    private QemuGuest guest() {
        vcpus();
        memory();
        cpu();
        domain.child("os").ifPresent(this::os);
        domain.child("launchSecurity").ifPresent(this::security);
        List<ShellWords.Word> arguments = new ArrayList<>();
        for (XmlElement commandline : domain.children(QEMU, "commandline")) {
            for (XmlElement argument : commandline.children(QEMU, "arg")) {
                arguments.add(new ShellWords.Word(
                        argument.attribute("value").orElse(""), false, source.start() + argument.offset()));
            }
        }
        options.apply(arguments, 0);
        return options.guest();
    }

    /** The vCPUs at launch are those of {@code current}; the element's text is how many there can be. */
    private void vcpus() {
        Optional<XmlElement> vcpu = domain.child("vcpu");
        String most = vcpu.map(XmlElement::text).filter(text -> !text.isEmpty()).orElse("1");
        String now = vcpu.flatMap(element -> element.attribute("current")).orElse(most);
        List<XmlElement> each =
                domain.child("vcpus").map(list -> list.children("", "vcpu")).orElse(List.of());
        if (!each.isEmpty()) {
            now = Long.toString(each.stream()
                    .filter(one -> one.attribute("enabled").orElse("yes").equals("yes"))
                    .count());
        }
        Map<String, String> smp = options.smp();
        smp.put("cpus", now);
        smp.put("maxcpus", most);
        Optional<XmlElement> topology = domain.child("cpu").flatMap(cpu -> cpu.child("topology"));
        if (topology.isEmpty()) {
            smp.put("sockets", most);
            smp.put("cores", "1");
            smp.put("threads", "1");
        }
        for (String level : List.of("sockets", "dies", "clusters", "cores", "threads")) {
            topology.flatMap(element -> element.attribute(level)).ifPresent(value -> smp.put(level, value));
        }
    }

    private void memory() {
        domain.child("memory").ifPresent(memory -> {
            String unit = memory.attribute("unit").orElse("KiB");
            long bytes =
                    bytes(unit).orElseThrow(() -> malformed(memory, "a unit of memory such as KiB", "'" + unit + "'"));
            if (!memory.text().matches("[0-9]{1,15}")) {
                throw malformed(memory, "memory as a number", "'" + memory.text() + "'");
            }
            BigInteger all = new BigInteger(memory.text()).multiply(BigInteger.valueOf(bytes));
            if (all.bitLength() > 62) {
                throw malformed(memory, "memory of less than 4 EiB", memory.text() + " " + unit);
            }
            options.put("m", "size=" + all + "b");
        });
    }

    private static Optional<Long> bytes(String unit) {
        String lower = unit.toLowerCase(Locale.ROOT);
        if (lower.equals("b") || lower.equals("bytes")) {
            return Optional.of(1L);
        }
        int power = lower.isEmpty() ? -1 : "kmgt".indexOf(lower.charAt(0)) + 1;
        if (power < 1 || !lower.substring(1).matches("|b|ib")) {
            return Optional.empty();
        }
        return Optional.of(
                lower.endsWith("b") && !lower.endsWith("ib") ? (long) Math.pow(1000, power) : 1L << 10 * power);
    }

    private void cpu() {
        Optional<XmlElement> cpu = domain.child("cpu");
        String mode = cpu.flatMap(element -> element.attribute("mode")).orElse("custom");
        String model = cpu.flatMap(element -> element.child("model"))
                .map(XmlElement::text)
                .orElse("");
        switch (mode) {
            case "host-passthrough" -> options.put("cpu", "host");
            case "maximum" -> options.put("cpu", "max");
            case "host-model" -> {
                // Only a running domain names the model that libvirt has chosen.
                options.put("cpu", model.isEmpty() ? "host" : model);
                if (model.isEmpty()) {
                    options.remark(
                            "the vCPU model is that of the host (host-model); the XML of the running domain names it");
                }
            }
            default -> {
                if (!model.isEmpty()) {
                    options.put("cpu", model);
                }
            }
        }
    }

    private void os(XmlElement os) {
        os.child("type").ifPresent(type -> {
            String arch = type.attribute("arch").orElse("x86_64");
            if (!arch.equals("x86_64") && !arch.equals("i686")) {
                throw malformed(type, "a domain of arch x86_64", arch);
            }
            type.attribute("machine").ifPresent(machine -> options.machine().put("type", machine));
        });
        for (String option : List.of("kernel", "initrd", "shim")) {
            os.child(option).map(XmlElement::text).ifPresent(value -> options.put(option, value));
        }
        os.child("cmdline").map(XmlElement::text).ifPresent(value -> options.put("append", value));
        Optional<XmlElement> loader = os.child("loader");
        String path = loader.map(XmlElement::text).orElse("");
        if (path.isEmpty()) {
            if (os.attribute("firmware").isPresent()) {
                options.remark("libvirt chooses the firmware by itself; the XML of the running domain names the file");
            }
            return;
        }
        if (loader.get().attribute("type").orElse("rom").equals("pflash")) {
            options.flash(path, loader.get().attribute("format").orElse("raw"));
        } else {
            options.machine().put("firmware", path);
        }
    }

    private void security(XmlElement security) {
        String type = security.attribute("type").orElse("");
        Map<String, String> object = new LinkedHashMap<>();
        object.put("id", SECURITY);
        switch (type) {
            case "sev" -> object.put("qom-type", "sev-guest");
            case "sev-snp" -> object.put("qom-type", "sev-snp-guest");
            case "tdx" -> object.put("qom-type", "tdx-guest");
            default -> throw malformed(security, "launchSecurity of type sev, sev-snp or tdx", "'" + type + "'");
        }
        security.child("policy")
                .ifPresent(policy -> object.put(type.equals("tdx") ? "attributes" : "policy", policy(policy)));
        copy(security.attribute("kernelHashes"), object, "kernel-hashes");
        copy(security.attribute("authorKey"), object, "author-key-enabled");
        copy(security.child("idBlock").map(XmlElement::text), object, "id-block");
        copy(security.child("idAuth").map(XmlElement::text), object, "id-auth");
        copy(security.child("hostData").map(XmlElement::text), object, "host-data");
        copy(security.child("mrConfigId").map(XmlElement::text), object, "mrconfigid");
        copy(security.child("mrOwner").map(XmlElement::text), object, "mrowner");
        copy(security.child("mrOwnerConfig").map(XmlElement::text), object, "mrownerconfig");
        options.object(SECURITY, object);
        options.machine().put("confidential-guest-support", SECURITY);
    }

    private static void copy(Optional<String> value, Map<String, String> object, String key) {
        value.ifPresent(text -> object.put(key, text));
    }

    /** libvirt reads a policy as hexadecimal with or without 0x (type hexuint of its schema). */
    private String policy(XmlElement policy) {
        String digits = policy.text().replaceFirst("^0[xX]", "");
        if (!digits.matches("[0-9a-fA-F]{1,16}")) {
            throw malformed(policy, "a policy in hexadecimal", "'" + policy.text() + "'");
        }
        return "0x" + digits;
    }

    private MalformedInputException malformed(XmlElement element, String expected, String found) {
        return XmlElement.malformed(source, element.offset(), expected, found);
    }
}
