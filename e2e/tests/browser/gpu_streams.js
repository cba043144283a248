{
    // After `gpu_watch.js`: the model's blocks go to the GPU and stay in storage, as it may have
    // `ROOM` KiB of memory. `LOSE_AT` is the number of the write to a buffer with which the device
    // is lost; what was submitted is not done while answers are halted; `SMALL` has the device tell
    // the least limits that all have.
    self.name += `-room${ROOM}`;
    const ask = navigator.gpu.requestAdapter;
    let writes = 0;
    navigator.gpu.requestAdapter = async (...all) => {
        const adapter = await ask(...all);
        if (!adapter) return adapter;
        const limits = { maxBufferSize: 2 ** 28, maxStorageBufferBindingSize: 2 ** 27 };
        if (SMALL) Object.defineProperty(adapter, 'limits', { value: limits });
        const open = adapter.requestDevice;
        adapter.requestDevice = async (...all) => {
            const device = await open(...all);
            const { queue } = device;
            const write = queue.writeBuffer.bind(queue);
            queue.writeBuffer = (...all) => {
                write(...all);
                writes += 1;
                if (writes === LOSE_AT) device.destroy();
            };
            const done = queue.onSubmittedWorkDone.bind(queue);
            queue.onSubmittedWorkDone = async () => {
                await done();
                await halted;
            };
            return device;
        };
        return adapter;
    };
}
