package dev.measure.boot;

import dev.measure.BehaviourProfile;
import java.util.ArrayList;
import java.util.List;

/** The registry of what is known about the programs of a boot, version by version. */
public final class BootProfiles {
    private BootProfiles() {}

    /** {@return all profiles of firmware, loader and stub, each kind oldest first} */
    public static List<BehaviourProfile> all() {
        List<BehaviourProfile> all = new ArrayList<>(Edk2Build.all());
        all.addAll(ShimBehaviour.all());
        all.addAll(GrubBehaviour.all());
        all.addAll(LoaderBehaviour.all());
        all.addAll(StubBehaviour.all());
        return List.copyOf(all);
    }
}
