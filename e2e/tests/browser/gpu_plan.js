// Runs the passes of a plan on the browser's device, and returns the words that it reads back
// after each; nothing if there is no device. `folder` has the plan and the bytes of its weights.
async function runPlan(folder) {
    const adapter = await navigator.gpu?.requestAdapter();
    if (!adapter) return null;
    const hasSubgroups = adapter.features.has('subgroups');
    const requiredFeatures = hasSubgroups ? ['subgroups'] : [];
    const device = await adapter.requestDevice({ requiredFeatures });
    const refused = [];
    device.addEventListener('uncapturederror', ({ error }) => refused.push(error.message));
    const [plan, weights] = await Promise.all([
        fetch(`${folder}/plan.json`).then((answer) => answer.json()),
        fetch(`${folder}/weights.bin`).then((answer) => answer.arrayBuffer()),
    ]);
    const storage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const buffers = plan.buffers.map(({ bytes, from, length }) => {
        const buffer = device.createBuffer({ size: bytes, usage: storage });
        // What is not written yet is no number.
        const data = length === 0
            ? new Uint32Array(bytes / 4).fill(0xffc01234)
            : new Uint8Array(weights, from, length);
        device.queue.writeBuffer(buffer, 0, data);
        return buffer;
    });
    const visibility = GPUShaderStage.COMPUTE;
    const kernels = await Promise.all(plan.kernels.map(async ({ source, buffers }) => {
        const entries = buffers.map((type, index) =>
            ({ binding: index + 1, visibility, buffer: { type } }));
        const params = { type: 'uniform', hasDynamicOffset: true, minBindingSize: 64 };
        entries.push({ binding: 0, visibility, buffer: params });
        const group = device.createBindGroupLayout({ entries });
        const pipeline = await device.createComputePipelineAsync({
            layout: device.createPipelineLayout({ bindGroupLayouts: [group] }),
            compute: { module: device.createShaderModule({ code: source }), entryPoint: 'main' },
        });
        return { group, pipeline };
    }));
    const found = [];
    for (const { writes, steps, read } of plan.passes) {
        for (const { buffer, words } of writes) {
            device.queue.writeBuffer(buffers[buffer], 0, new Uint32Array(words));
        }
        const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
        const params = device.createBuffer({ size: 256 * steps.length, usage });
        const numbers = new Uint32Array(64 * steps.length);
        steps.forEach((step, index) => numbers.set(step.params, 64 * index));
        device.queue.writeBuffer(params, 0, numbers);
        const encoder = device.createCommandEncoder();
        const pass = encoder.beginComputePass();
        steps.forEach((step, index) => {
            const { group, pipeline } = kernels[step.kernel];
            const entries = step.buffers.map((buffer, at) =>
                ({ binding: at + 1, resource: { buffer: buffers[buffer] } }));
            entries.push({ binding: 0, resource: { buffer: params, size: 64 } });
            pass.setPipeline(pipeline);
            pass.setBindGroup(0, device.createBindGroup({ layout: group, entries }), [256 * index]);
            pass.dispatchWorkgroups(...step.grid);
        });
        pass.end();
        const size = 4 * read.words;
        const mapped = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
        const copy = device.createBuffer({ size, usage: mapped });
        encoder.copyBufferToBuffer(buffers[read.buffer], 0, copy, 0, size);
        device.queue.submit([encoder.finish()]);
        await copy.mapAsync(GPUMapMode.READ);
        found.push(Array.from(new Uint32Array(copy.getMappedRange())));
    }
    device.destroy();
    return { refused, found, hasSubgroups };
}
