package dev.measure.hash;

import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Optional;

/**
 * The way to {@code jdk.incubator.vector}, which is there only if the user asked for it with {@code --add-modules}. The module
 * descriptor cannot require it, so it is looked for, and read, at run time.
 */
final class VectorModule {
    private static final String NAME = "jdk.incubator.vector";
    private static final String KERNEL = "VectorLanes";

    private VectorModule() {}

    /** {@return why there are no vector kernels; empty if there may be some} */
    static Optional<String> absence() {
        if (ModuleLayer.boot().findModule(NAME).isEmpty()) {
            return Optional.of("Java was started without --add-modules " + NAME);
        }
        return VectorModule.class.getResource(KERNEL + ".class") == null
                ? Optional.of("this build has no " + KERNEL)
                : Optional.empty();
    }

    /**
     * {@return a kernel}
     *
     * @param lanes 4 or 8
     * @throws ReflectiveOperationException if this Java cannot run it
     * @throws IOException if the class file cannot be read
     */
    static LaneKernel kernel(int lanes) throws ReflectiveOperationException, IOException {
        VectorModule.class
                .getModule()
                .addReads(ModuleLayer.boot().findModule(NAME).orElseThrow());
        byte[] code;
        try (InputStream file = VectorModule.class.getResourceAsStream(KERNEL + ".class")) {
            code = file.readAllBytes();
        }
        MethodHandles.Lookup hidden = MethodHandles.lookup().defineHiddenClassWithClassData(code, lanes, true);
        MethodHandle constructor = hidden.findConstructor(hidden.lookupClass(), MethodType.methodType(void.class));
        try {
            return (LaneKernel) constructor.invoke();
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** {@return the bits of the widest vectors that this machine and this Java work with} */
    static int bits() throws ReflectiveOperationException {
        Class<?> shape =
                Class.forName(NAME + ".VectorShape", true, ModuleLayer.boot().findLoader(NAME));
        Object preferred = shape.getMethod("preferredShape").invoke(null);
        return (int) shape.getMethod("vectorBitSize").invoke(preferred);
    }
}
