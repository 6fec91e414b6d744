package dev.measure.cli;

import dev.measure.BehaviourProfile;
import dev.measure.boot.BootProfiles;
import dev.measure.smbios.ChidMode;
import dev.measure.snp.IgvmRules;
import dev.measure.snp.SvsmRules;
import dev.measure.snp.Vmm;
import dev.measure.tdx.Edk2Generation;
import dev.measure.tdx.TdxVmm;
import java.util.ArrayList;
import java.util.List;

/** The one registry of behaviour profiles, gathered from where each kind is defined. */
final class Profiles {
    private Profiles() {}

    /** {@return all profiles, kind by kind} */
    static List<BehaviourProfile> all() {
        List<BehaviourProfile> all = new ArrayList<>();
        all.addAll(Vmm.all());
        all.addAll(TdxVmm.all());
        all.addAll(SvsmRules.all());
        all.addAll(IgvmRules.all());
        all.addAll(BootProfiles.all());
        all.addAll(Edk2Generation.all());
        all.addAll(List.of(ChidMode.values()));
        return all;
    }
}
