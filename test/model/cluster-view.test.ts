import { describe, expect, it } from 'vitest';
import { ClusterView } from '../../src/model/cluster-view.js';
import { serviceKey } from '../../src/model/service-key.js';
import { POD_1, POD_2, VIP_A, VIP_B } from '../support/addresses.js';
import { aService, aSlice } from '../support/objects.js';

const WEB = serviceKey('default', 'web');
const OTHER = serviceKey('default', 'other');

describe('the view of a cluster', () => {
  it('gives a Service with its slices, whichever came first', () => {
    const [service, slice] = [aService('web', [VIP_A]), aSlice('web', [POD_1])];
    const serviceFirst = new ClusterView();
    serviceFirst.setService(service);
    serviceFirst.setSlice(slice);
    const sliceFirst = new ClusterView();
    sliceFirst.setSlice(slice);
    sliceFirst.setService(service);
    expect(serviceFirst.look(WEB)).toEqual({ service, slices: [slice] });
    expect(sliceFirst.look(WEB)).toEqual(serviceFirst.look(WEB));
  });

  it('knows nothing of a Service that nobody named', () => {
    expect(new ClusterView().look(WEB)).toEqual({ service: undefined, slices: [] });
  });

  it('keeps slices without their Service, and names both', () => {
    const view = new ClusterView();
    view.setService(aService('web', [VIP_A]));
    view.setSlice(aSlice('other', [POD_1]));
    expect([...view.keys()]).toEqual([WEB, OTHER]);
    expect([view.serviceCount, view.sliceCount]).toEqual([1, 1]);
    expect(view.look(OTHER).service).toBeUndefined();
  });

  it('puts the newest of one name in place of the older', () => {
    const view = new ClusterView();
    view.setService(aService('web', [VIP_A]));
    view.setService(aService('web', [VIP_B]));
    view.setSlice(aSlice('web', [POD_1]));
    view.setSlice(aSlice('web', [POD_2]));
    expect(view.look(WEB).service?.clusterIPs).toEqual([VIP_B]);
    expect(view.look(WEB).slices.map(({ endpoints }) => endpoints.at(0)?.address)).toEqual([POD_2]);
    expect([view.serviceCount, view.sliceCount]).toEqual([1, 1]);
  });
});

describe('a change of the view touches', () => {
  it('the Service that was set, or deleted', () => {
    const view = new ClusterView();
    expect(view.setService(aService('web', [VIP_A]))).toEqual([WEB]);
    expect(view.deleteService(WEB)).toEqual([WEB]);
  });

  it('the Service of the slice', () => {
    const view = new ClusterView();
    const slice = aSlice('web', [POD_1]);
    expect(view.setSlice(slice)).toEqual([WEB]);
    expect(view.setSlice(slice)).toEqual([WEB]);
    expect(view.deleteSlice(slice)).toEqual([WEB]);
  });

  it('both Services where a slice moves from one to the other', () => {
    const view = new ClusterView();
    const before = aSlice('web', [POD_1], { name: 'moving' });
    view.setSlice(before);
    expect(view.setSlice(aSlice('other', [POD_1], { name: 'moving' }), before)).toEqual([WEB, OTHER]);
    expect(view.sliceCount).toBe(1);
    expect(view.look(WEB).slices).toEqual([]);
    expect(view.look(OTHER).slices).toHaveLength(1);
    expect([...view.keys()]).toEqual([OTHER]);
  });

  it('nothing where what is deleted was not there', () => {
    const view = new ClusterView();
    expect(view.deleteService(WEB)).toEqual([]);
    expect(view.deleteSlice(aSlice('web', []))).toEqual([]);
  });
});
