package dev.measure.cli;

import dev.measure.snp.SnpGuest;
import java.util.ArrayList;
import java.util.List;

/** The words of a command line that say how many vCPUs of which model a guest has. */
final class GuestWords {
    private GuestWords() {}

    static List<String> of(SnpGuest guest) {
        List<String> words = new ArrayList<>();
        String cpu = guest.cpu().name();
        if (cpu.startsWith("0x")) {
            words.addAll(List.of("--vcpu-sig", cpu));
        } else if (!cpu.equals("none")) {
            words.addAll(List.of("--vcpu-type", cpu));
        }
        words.addAll(List.of("--vcpus", Integer.toString(guest.vcpus())));
        return words;
    }
}
