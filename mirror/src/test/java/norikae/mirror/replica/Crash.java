package norikae.mirror.replica;

import norikae.mirror.store.StoreException;

/** Kills a replica for tests of other packages. */
public final class Crash {

    private Crash() {}

    public static void of(ReplicaVolume volume) throws StoreException {
        volume.crash();
    }
}
